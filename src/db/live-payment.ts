/**
 * SQL: the customer may still pay by this payment, or its money is on its way. The condition of the index
 * payments_one_live.
 */
export const LIVE_PAYMENT = "state IN ('opening', 'open', 'processing')"
