/** SQL: the customer may still pay by this attempt, or its money is on its way. The unique index payments_one_live. */
export const LIVE_PAYMENT = "state IN ('opening', 'open', 'processing')"
