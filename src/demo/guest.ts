import { html, type TemplateResult } from 'lit-html'
import { type Order, Problem } from '../client/kiosk.ts'
import { type Entered, field, Form, submit } from './form.ts'
import { IdempotencyKey } from './idempotency-key.ts'
import { notify } from './notices.ts'
import { link, sessionChanged, shop } from './session.ts'

/** What a guest enters to order: where the shop reaches them, and a label for the parcel. */
export type GuestFields = Entered<'email' | 'ship_to.phone' | 'ship_to.address'>

export const GUEST_FIELDS = ['email', 'ship_to.phone', 'ship_to.address']

export function emailField(form: Form): TemplateResult {
  return field(form, 'email', 'E-mail', { type: 'email', autocomplete: 'email', maxlength: 254 })
}

export function guestFields(form: Form): TemplateResult {
  return html`
    ${emailField(form)}
    ${field(form, 'ship_to.phone', 'Phone', { type: 'tel', autocomplete: 'tel', maxlength: 40 })}
    ${field(form, 'ship_to.address', 'Name and address', {
      maxlength: 750,
      rows: 4,
      hint: 'As on the parcel: your name on the first line, the address below it.',
    })}
    <p>Already have an account? <a href=${link('/login', { to: '/cart' })}>Log in</a></p>
  `
}

/** The contact of an order. The first line of the label is the name. */
export function contactOf({ email, 'ship_to.phone': phone, 'ship_to.address': label }: GuestFields) {
  const [name = '', ...address] = label.split('\n').flatMap((line) => line.trim() || [])
  if (address.length === 0) {
    const detail = 'Write your name on the first line and the address below it.'
    throw new Problem('invalid_request', detail, 400, { errors: { 'ship_to.address': [detail] } })
  }
  return { email, ship_to: { name, phone, address: address.join('\n') } }
}

/** Makes an account of a guest who has ordered: all but the password is in the order. */
export class GuestAccount {
  readonly #form = new Form()
  readonly #key = new IdempotencyKey()

  view({ user, ship_to }: Order): TemplateResult {
    const register = async ({ password }: Entered<'password'>) => {
      await this.#key.send((withKey) => shop.register({ email: user, password, ...ship_to }, withKey))
      sessionChanged()
      notify(`Welcome, ${ship_to.name}! Log in as ${user} from now on.`)
    }
    return html`<section class="narrow" aria-labelledby="account">
      <h2 id="account">Keep your orders</h2>
      <p>Choose a password to keep this order and your cart in an account for ${user}.</p>
      <form @submit=${this.#form.send(register)}>
        ${field(this.#form, 'password', 'Password', {
          type: 'password',
          autocomplete: 'new-password',
          minlength: 8,
          maxlength: 128,
        })}
        ${this.#form.view('password')} ${submit(this.#form, 'Create account')}
      </form>
    </section>`
  }
}
