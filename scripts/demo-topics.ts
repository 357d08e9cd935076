/** What customers of the demo shop write about, and what its agents answer. `{…}` is filled in for each ticket. */
export interface Topic {
	group: "Support" | "Billing" | "Shipping";
	type: "question" | "incident" | "problem" | "task";
	tags: string[];
	subjects: string[];
	opening: string[];
	answers: string[];
	followUps: string[];
	notes: string[];
}

export const TOPICS: readonly Topic[] = [
	{
		group: "Shipping",
		type: "question",
		tags: ["delivery"],
		subjects: [
			"Where is my order {order}?",
			"Order {order} still not here",
			"Tracking of {order} has not moved for days",
		],
		opening: [
			'Hello,\n\nI ordered the {product} on {day} and the tracking page has said "label created" ever since. Can you tell me when it will arrive?\n\nOrder number: {order}\n\n{name}',
			"Hi, my order {order} (the {product}) was due last week. I will be away from {day}, so please let me know whether I should have it sent elsewhere.",
		],
		answers: [
			"Hello {name},\n\nthank you for writing. The parcel left our warehouse yesterday; the carrier scans it on arrival at the depot, so the tracking should move tonight. It ought to be with you within two working days.",
			"Hi {name}, I have asked the carrier and they found the parcel at the wrong depot. It is on its way again. I am sorry for the wait and have refunded the shipping costs.",
		],
		followUps: [
			"Thank you, it arrived today.",
			"It is still not here. Could you look again?",
			"Great, thanks for the quick help!",
		],
		notes: ["Carrier confirms: mis-sorted at the hub, back on the road since this morning."],
	},
	{
		group: "Billing",
		type: "question",
		tags: ["invoice"],
		subjects: ["Invoice for order {order}", "VAT number missing on invoice {order}", "Charged twice for {order}?"],
		opening: [
			"Dear team,\n\nour accounting needs an invoice for {order} made out to {company} with our VAT number. The one in the portal lacks it.\n\nKind regards\n{name}",
			"Hello, my card statement shows two charges for order {order}. I only ordered one {product}. Please check.",
		],
		answers: [
			"Hello {name},\n\nthe corrected invoice is in your portal now, with the VAT number. You can add it to your company's profile, then every future invoice carries it.",
			"Hi {name}, the second line is a reservation that your bank releases by itself within five days. Only one charge was made: {order}.",
		],
		followUps: [
			"Perfect, thank you.",
			"I see it now. That is all, thanks!",
			"The bank says it is a real charge. Can you check again?",
		],
		notes: ["Payment provider shows one capture, one expired authorisation."],
	},
	{
		group: "Support",
		type: "incident",
		tags: ["login"],
		subjects: ["Cannot sign in any more", "Password reset mail never arrives", "Locked out after changing my phone"],
		opening: [
			'Hi,\n\nsince this morning I get "something went wrong" when I sign in. I tried two browsers and my phone.\n\n{name}',
			"Hello, I asked for a new password three times and no mail came, also not in the spam folder. My address is still the same.",
		],
		answers: [
			"Hello {name},\n\nthere was a problem with sign-in between 8:10 and 8:40 this morning. It is solved; please try once more and tell me if it still fails.",
			"Hi {name}, your mail server refused our mails because of a full mailbox. I have sent the link again just now, it is valid for an hour.",
		],
		followUps: [
			"It works again, thanks.",
			"Same error, sorry. I attach nothing because it is just a white page.",
			"That was it. Thank you!",
		],
		notes: ["Seen in the logs: 14 failed attempts, all before the fix was rolled out."],
	},
	{
		group: "Support",
		type: "problem",
		tags: ["defect"],
		subjects: ["My {product} stopped working", "The {product} makes a strange noise", "Crack in my new {product}"],
		opening: [
			"Good morning,\n\nI bought the {product} from you in spring and today it simply stopped. No light, nothing. What can I do?\n\n{name}",
			"Hi, the {product} I got on {day} has a crack along the side. It was packed well, so it must have left you like that.",
		],
		answers: [
			"Hello {name},\n\nI am sorry to hear that. You have two years of warranty with us: I have sent you a label, and as soon as the parcel is scanned we send a new one.",
			"Hi {name}, could you hold the power button for ten seconds and then charge it for an hour? That helps in most cases. If not, we replace it.",
		],
		followUps: [
			"The reset helped, wonderful.",
			"I have sent it back today.",
			"No change after the reset. Please send the label.",
		],
		notes: ["Third case of this batch this month, told product management."],
	},
	{
		group: "Support",
		type: "task",
		tags: ["return"],
		subjects: ["I would like to return the {product}", "Return of order {order}", "Wrong size, exchange possible?"],
		opening: [
			"Hello, the {product} does not fit and I would like to send it back. How does that work?\n\nOrder {order}\n{name}",
			"Hi there, can I exchange the {product} for the larger one? I would pay the difference.",
		],
		answers: [
			"Hello {name},\n\nof course. The return label is in your portal under order {order}; the refund is made within three days of its arrival.",
			"Hi {name}, the exchange is set up: keep the old one until the new one is there and send it back with the enclosed label.",
		],
		followUps: ["Done, thank you very much.", "Refund arrived. Thanks!", "How long do I have for that?"],
		notes: ["Within the 30 days, no check of the goods needed."],
	},
];
