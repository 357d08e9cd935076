/** Every action of the knowledge-base service that a client can call. */
export const knowledgeBaseContracts = [];
