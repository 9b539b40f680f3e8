/** SQL: the statuses of a dispute that the bank decided for the shop, and of an inquiry that it closed. */
export const WON = "('won', 'warning_closed')"

/** SQL: the shop may refund the payment. A disputed one is the bank's business: a refund would pay it back twice. */
export const REFUNDABLE = `(dispute IS NULL OR dispute IN ${WON})`
