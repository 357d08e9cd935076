/** Every action of the dashboard service that a client can call. */
export const dashboardContracts = [];
