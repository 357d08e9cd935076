/** Every action of the search service that a client can call. */
export const searchContracts = [];
