import { html, nothing, type TemplateResult } from 'lit-html'
import type { Cart, DeliveryOption, Order } from '../client/kiosk.ts'
import { choice, type Form } from './form.ts'
import { Loading } from './loading.ts'
import { money } from './money.ts'
import { requestRender } from './rendering.ts'
import { shop } from './session.ts'

const centsOf = (amount: string) => Number(amount.replace('.', ''))
const amountOf = (cents: number) => (cents / 100).toFixed(2)

/** The choice of delivery at the checkout, and what the order costs with it. */
export class DeliveryChoice {
  readonly #options = new Loading(() => Array.fromAsync(shop.deliveryOptions.list({ page_size: 50 })))
  #chosen: number | undefined
  #country = ''

  setCountry(country: string): void {
    this.#country = country.trim().toUpperCase()
    requestRender()
  }

  /** Reads the options again, because they may have changed. */
  reload(): Promise<void> {
    return this.#options.reload()
  }

  /** Those that serve the country; while it is unknown, all of them. */
  #offered(): DeliveryOption[] {
    const all = this.#options.value ?? []
    if (this.#country === '') return all
    return all.filter(({ countries }) => countries.length === 0 || countries.includes(this.#country))
  }

  get #option(): DeliveryOption | undefined {
    const offered = this.#offered()
    return offered.find(({ id }) => id === this.#chosen) ?? offered[0]
  }

  /** Whether an option serves some countries only. */
  get needsCountry(): boolean {
    return (this.#options.value ?? []).some(({ countries }) => countries.length > 0)
  }

  get id(): number | undefined {
    return this.#option?.id
  }

  totalOf({ grand_total }: Cart): string {
    const option = this.#option
    return option ? amountOf(centsOf(grand_total) + centsOf(priceOf(option, grand_total))) : grand_total
  }

  view(form: Form, { grand_total }: Cart): TemplateResult | typeof nothing {
    const offered = this.#offered()
    if (offered.length === 0) return nothing
    const choose = (value: string) => {
      this.#chosen = Number(value)
      requestRender()
    }
    const wrong = form.problem?.errors['delivery_option']
    return html`
      ${choice(
        'delivery_option',
        'Delivery',
        offered.map((option) => [
          String(option.id),
          `${option.name}: ${money(priceOf(option, grand_total))}`,
        ]),
        String(this.id),
        choose,
      )}
      ${wrong ? html`<p class="wrong">${wrong.join(' ')}</p>` : nothing}
    `
  }
}

function priceOf({ price, free_from }: DeliveryOption, goods: string): string {
  return free_from !== null && centsOf(goods) >= centsOf(free_from) ? '0.00' : price
}

/** The tax contained in a cart or an order. */
export function taxesView(
  { taxes, currency }: Pick<Order, 'taxes' | 'currency'>,
  includes = 'Includes',
): TemplateResult | typeof nothing {
  if (taxes.length === 0) return nothing
  return html`<p>
    <small
      >${taxes.map(({ rate, tax }) => `${includes} ${money(tax, currency)} tax (${Number(rate)} %)`).join(', ')}</small
    >
  </p>`
}
