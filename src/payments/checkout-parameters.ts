import type Stripe from 'stripe'

/** Stripe accepts a time to pay of half an hour or more; a minute is for its clock and for the call. */
const LEAST_MILLISECONDS = 31 * 60_000

/** Stripe accepts far more; a customer reads less. */
const MAX_DESCRIPTION = 300

/** An order as its page needs it. */
export interface PayableOrder {
  id: number
  email: string
  total_cents: number
  currency: string
  /** Part of the total. */
  delivery_cents: number
  delivery_name: string | null
  /** Such as `2 × Laptop, 1 × Mouse`. */
  lines: string
}

/** The page stays open until `due_by`, and for 31 minutes at the least. In milliseconds since 1970, whole seconds. */
export function checkoutEnd(due_by: number, now: number): number {
  return 1000 * Math.ceil(Math.max(due_by, now + LEAST_MILLISECONDS) / 1000)
}

/** What identifies a payment at Stripe: in the metadata of its session and of its PaymentIntent. */
export interface Marks extends Record<string, string> {
  kiosk_shop: string
  kiosk_order: string
  kiosk_payment: string
}

/**
 * The parameters of a Checkout Session. One line for the goods, which are the total without the delivery, and one for
 * the delivery: the sum that Stripe asks for is the order's by construction. Cards only, since other methods may take
 * days, and no conversion to the customer's currency.
 */
export function checkoutParameters(
  { id, email, total_cents, delivery_cents, delivery_name, currency, lines }: PayableOrder,
  {
    marks,
    expires_at,
    ...urls
  }: { marks: Marks; expires_at: number; success_url: string; cancel_url: string },
): Stripe.Checkout.SessionCreateParams {
  const shortened = `${lines.slice(0, MAX_DESCRIPTION - 1).toWellFormed()}…`
  const description = lines.length > MAX_DESCRIPTION ? shortened : lines
  const line = (unit_amount: number, product_data: { name: string; description?: string }) => {
    const price_data = { currency: currency.toLowerCase(), unit_amount, product_data }
    return unit_amount === 0 ? [] : [{ quantity: 1, price_data }]
  }
  return {
    mode: 'payment',
    allowed_payment_method_types: ['card'],
    adaptive_pricing: { enabled: false },
    client_reference_id: String(id),
    // Stripe refuses the session for an e-mail that it does not understand.
    ...(/^[\w.+-]+@[\w-]+(\.[\w-]+)+$/.test(email) && { customer_email: email }),
    line_items: [
      ...line(total_cents - delivery_cents, { name: `Order ${id}`, description }),
      ...line(delivery_cents, { name: `Delivery: ${delivery_name}` }),
    ],
    metadata: marks,
    payment_intent_data: { metadata: marks },
    expires_at: expires_at / 1000,
    ...urls,
  }
}
