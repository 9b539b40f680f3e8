import { html, nothing, type TemplateResult } from 'lit-html'
import type { PaymentLedgerEntry, Order, Page as ListPage } from '../client/kiosk.ts'
import { actorName } from './actor.ts'
import { type Entered, field, Form, submit } from './form.ts'
import { IdempotencyKey } from './idempotency-key.ts'
import { Loading } from './loading.ts'
import { moment, money } from './money.ts'
import { notify } from './notices.ts'
import { requestRender } from './rendering.ts'
import { shop } from './session.ts'
import { moreThanShown, table } from './table.ts'

const SHOWN = 50

const KINDS: Record<PaymentLedgerEntry['kind'], string> = {
  paid: 'Paid',
  refund_requested: 'Refund requested',
  refunded: 'Refunded',
  refund_failed: 'Refund failed',
  refund_reversed: 'Refund came back',
  dispute: 'Disputed at the bank',
}

/** The order whose form is shown. */
let openForm: number | undefined

function showForm(id: number | undefined): void {
  openForm = id
  requestRender()
}

/** What staff see of the money of an order: its ledger, and a form to refund it. */
export class StaffPayment {
  readonly #id: number
  readonly #refunding = new Form()
  #ledger: Loading<ListPage<PaymentLedgerEntry>> | undefined
  /** The `updated_at` and payment of the order that the ledger belongs to. */
  #seen = ''
  readonly #refundKey = new IdempotencyKey()

  constructor(id: number) {
    this.#id = id
  }

  view(order: Order): TemplateResult | typeof nothing {
    if (!order.payment) return nothing
    const state = JSON.stringify([order.updated_at, order.payment])
    if (this.#seen !== state) {
      this.#seen = state
      if (this.#ledger) void this.#ledger.reload()
      else this.#ledger = new Loading(() => this.#read())
    }
    return html`
      <h2>Payment</h2>
      ${this.#ledger!.view((page) => html`${this.#ledgerView(page.results)} ${moreThanShown(page)}`)}
      ${this.#refundView(order)}
    `
  }

  #read(): Promise<ListPage<PaymentLedgerEntry>> {
    return shop.admin.orders.payments(this.#id, { page_size: SHOWN }).first()
  }

  #ledgerView(entries: readonly PaymentLedgerEntry[]): TemplateResult {
    if (entries.length === 0) return html`<p>Nothing has been paid yet.</p>`
    return table(
      `Ledger of order ${this.#id}`,
      [['Time'], ['Entry'], ['Amount', 'number'], ['By'], ['Stripe id']],
      entries.map(
        ({ at, kind, amount, currency, actor, note, stripe_id }) =>
          html`<tr>
            <td>${moment(at)}</td>
            <td>${KINDS[kind]}${note === null ? nothing : html`: ${note}`}</td>
            <td class="number">${money(amount, currency)}</td>
            <td>${actorName(actor)}</td>
            <td>${stripe_id ?? nothing}</td>
          </tr>`,
      ),
    )
  }

  /** One form at a time: the ids of its fields are those of the API. */
  #refundView({ id, items, payment }: Order): TemplateResult | typeof nothing {
    // An open form stays, with what was entered: its request may have made the status another one.
    if (payment!.status !== 'paid' && openForm !== id) return nothing
    if (openForm !== id)
      return html`<p>
        <button type="button" class="quiet" aria-label="Refund order ${id}" @click=${() => showForm(id)}>
          Refund
        </button>
      </p>`
    const form = this.#refunding
    return html`
      <form @submit=${form.send((entered: Entered<string>) => this.#refund(entered))}>
        ${field(form, 'amount', 'Amount', { inputmode: 'decimal', required: false, hint: 'Empty: all that is left of the payment.' })}
        ${field(form, 'reason', 'Reason', { required: false, maxlength: 500 })}
        <fieldset>
          <legend>Units that came back, to sell again</legend>
          ${items.map(({ id: item_id, product, quantity }) =>
            field(form, `restock-${item_id}`, product, {
              type: 'number',
              min: 0,
              max: quantity,
              value: '0',
              required: false,
            }),
          )}
        </fieldset>
        ${form.view('amount', 'reason')} ${submit(form, `Refund order ${id}`)}
      </form>
    `
  }

  async #refund({ amount, reason, ...units }: Entered<string>): Promise<void> {
    const restock = Object.entries(units)
      .map(([name, quantity]) => ({
        item_id: Number(name.replace('restock-', '')),
        quantity: Number(quantity),
      }))
      .filter(({ quantity }) => quantity > 0)
    const body = { ...(amount ? { amount } : {}), ...(reason ? { reason } : {}), restock }
    await this.#refundKey.send((withKey) => shop.admin.orders.refund(this.#id, body, withKey))
    notify(`The refund of order ${this.#id} has been requested.`)
    if (openForm === this.#id) showForm(undefined)
    void this.#ledger?.reload()
  }
}
