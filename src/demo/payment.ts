import { html, nothing, type TemplateResult } from 'lit-html'
import type { Order } from '../client/kiosk.ts'
import { Form } from './form.ts'
import { moment, money } from './money.ts'
import { shop } from './session.ts'

/** How the customer has come back from the page of Stripe: `done`, `left`, or not from there. */
export type Return = 'done' | 'left' | undefined

export function returnOf(query: URLSearchParams): Return {
  const how = query.get('payment')
  return how === 'done' || how === 'left' ? how : undefined
}

/** Sends the customer to the page on which the order is paid. */
export async function goPay({ id }: Pick<Order, 'id'>): Promise<void> {
  const { url } = await shop.orders.pay(id)
  location.assign(url)
}

/** What a customer sees of the payment of an order, and the button to pay it. */
export class PaymentPart {
  readonly #form = new Form()
  readonly #return: Return

  constructor(how: Return) {
    this.#return = how
  }

  view(order: Order): TemplateResult | typeof nothing {
    if (!order.payment) return nothing
    return html`<section class="payment" aria-label="Payment" role="status">
      ${order.payment.status === 'due' ? this.#dueView(order, order.payment) : settledView(order.payment)}
      ${this.#form.view()}
    </section>`
  }

  #dueView(order: Order, { amount, currency, due_by }: Payment): TemplateResult {
    if (this.#return === 'done')
      return html`<p>
        <strong>Thank you!</strong> We are waiting for the confirmation of your payment. This page shows it as
        soon as it arrives; you can close this page.
      </p>`
    return html`
      <p>
        ${this.#return === 'left' ? 'You have not paid yet.' : 'This order has not been paid yet.'}
        ${due_by === null ? nothing : html`Please pay by ${moment(due_by)}; otherwise the order is cancelled.`}
      </p>
      <p>
        <button
          type="button"
          class="primary"
          aria-disabled=${this.#form.isBusy ? 'true' : 'false'}
          @click=${() => void this.#form.run(() => goPay(order))}
        >
          ${this.#form.isBusy ? 'Please wait …' : `Pay ${money(amount, currency)}`}
        </button>
      </p>
    `
  }
}

type Payment = NonNullable<Order['payment']>

function settledView({ status, amount, currency, refunded }: Payment): TemplateResult {
  const isPart = Number(refunded) > 0 && status !== 'refunded'
  switch (status) {
    case 'paid':
      return html`<p>
        Paid: ${money(amount, currency)}.
        ${isPart ? html`Of that, ${money(refunded, currency)} has been refunded.` : nothing}
      </p>`
    case 'refunding':
      return html`<p>
        A refund is on its way. ${isPart ? html`${money(refunded, currency)} has been refunded.` : nothing}
      </p>`
    case 'refunded':
      return html`<p>Refunded: ${money(refunded, currency)}. Banks take some days to show it.</p>`
    default:
      return html`<p>Nothing was paid for this order.</p>`
  }
}

const LABELS: Record<Payment['status'], string> = {
  due: 'Not paid',
  paid: 'Paid',
  refunding: 'Refunding',
  refunded: 'Refunded',
  cancelled: 'Never paid',
}

export const PAYMENT_LABELS = Object.entries(LABELS)

/** A label for lists; nothing for an order without a payment. */
export function paymentLabel({ payment }: Order): TemplateResult | typeof nothing {
  if (!payment) return nothing
  return html`<span class="status payment-status" data-payment=${payment.status}
    >${LABELS[payment.status]}</span
  >`
}
