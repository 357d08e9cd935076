/** What the acknowledged commands must have left behind, as the load keeps account of it. */

export interface ModelCustomer {
	id: string;
	name: string;
	email: string;
	/** tags that updates added, one each */
	tags: string[];
	mergedIntoId: string | null;
	erased: boolean;
	busy: boolean;
}

export interface ModelTicket {
	id: string;
	number: number;
	customerId: string;
	subject: string;
	status: string;
	priority: string;
	assigneeId: string | null;
	/** NaN where other things move it, too */
	version: number;
	/** bodies of its messages in their order */
	messages: string[];
	solves: number;
	/** it is in the group whose tickets are given away, promised and ruled */
	queued: boolean;
	/** its customer was erased, and with that its subject and what the customer wrote */
	erased: boolean;
	busy: boolean;
}

export interface ModelArticle {
	id: string;
	title: string;
	/** by voter */
	votes: Map<string, number>;
	busy: boolean;
}

export interface ModelTenant {
	id: string;
	slug: string;
	ownerToken: string;
	agents: { id: string; token: string }[];
	/** a group whose tickets go to the agents in turn, with a policy, and a rule that tags them */
	queue: { groupId: string; ruleId: string };
	/** self-service tokens of customers who vote */
	voters: string[];
	customers: ModelCustomer[];
	tickets: ModelTicket[];
	articles: ModelArticle[];
	/** customers whose merge was acknowledged */
	merges: number;
}
