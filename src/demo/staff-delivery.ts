import { html, nothing, type TemplateResult } from 'lit-html'
import { repeat } from 'lit-html/directives/repeat.js'
import type { DeliveryOption } from '../client/kiosk.ts'
import { type Entered, field, Form, submit } from './form.ts'
import { IdempotencyKey } from './idempotency-key.ts'
import { Loading } from './loading.ts'
import { money } from './money.ts'
import { notify } from './notices.ts'
import type { Page } from './page.ts'
import { shop } from './session.ts'
import { staffNav } from './staff-nav.ts'
import { requestRender } from './rendering.ts'

type OptionField = 'name' | 'price' | 'free_from' | 'countries'
const FIELDS: OptionField[] = ['name', 'price', 'free_from', 'countries']

export function staffDeliveryPage(): Page {
  const options = new Loading(() => Array.fromAsync(shop.admin.deliveryOptions.list({ page_size: 50 })))
  const [saving, acting] = [new Form(), new Form()]
  const key = new IdempotencyKey()
  /** The option in the form; undefined for a new one. */
  let edited: DeliveryOption | undefined
  /** Another form for each option, so that its fields start anew. */
  let form = 0

  async function save(entered: Entered<OptionField>): Promise<void> {
    const option = {
      name: entered.name,
      price: entered.price,
      free_from: entered.free_from || null,
      countries: entered.countries.split(/[\s,]+/).filter(Boolean),
    }
    const saved = edited
    if (saved) await shop.admin.deliveryOptions.update(saved.id, option, { ifMatch: shop.etagOf(saved) })
    else await key.send((withKey) => shop.admin.deliveryOptions.create(option, withKey))
    notify(`${option.name} has been saved.`)
    if (edited === saved) edit(undefined)
    await options.reload()
  }

  const toggle = ({ id, active }: DeliveryOption) =>
    acting.run(async () => {
      await shop.admin.deliveryOptions.update(id, { active: !active })
      await options.reload()
    })

  const remove = ({ id, name }: DeliveryOption) =>
    acting.run(async () => {
      await shop.admin.deliveryOptions.delete(id)
      await options.reload()
      notify(`${name} has been deleted.`)
    })

  const open = ({ id }: DeliveryOption) =>
    acting.run(async () => edit(await shop.admin.deliveryOptions.get(id)))

  function edit(option: DeliveryOption | undefined): void {
    edited = option
    form += 1
    saving.problem = undefined
    requestRender()
    queueMicrotask(() => document.getElementById('name')?.focus())
  }

  return {
    title: 'Delivery',
    view: () => html`
      ${staffNav('/staff/delivery')}
      <h1 tabindex="-1">Delivery</h1>
      <div class="columns">
        <section aria-labelledby="option">
          <h2 id="option">${edited ? `Edit ${edited.name}` : 'New delivery option'}</h2>
          ${repeat(
            [form],
            (each) => each,
            () => formView(edited),
          )}
        </section>
        <section aria-label="All delivery options">
          ${acting.view()}
          ${options.view((list) =>
            list.length === 0
              ? html`<p>Orders have no delivery until there is an active option.</p>`
              : html`<ul class="categories">
                  ${repeat(list, ({ id }) => id, optionView)}
                </ul>`,
          )}
        </section>
      </div>
    `,
  }

  function formView(option: DeliveryOption | undefined): TemplateResult {
    return html`<form @submit=${saving.send(save)}>
      ${field(saving, 'name', 'Name', { value: option?.name ?? '', maxlength: 100 })}
      ${field(saving, 'price', 'Price', {
        value: option?.price ?? '',
        inputmode: 'decimal',
        hint: 'For example 4.90',
      })}
      ${field(saving, 'free_from', 'Free from', {
        value: option?.free_from ?? '',
        inputmode: 'decimal',
        hint: 'Value of the goods. Empty for never.',
        required: false,
      })}
      ${field(saving, 'countries', 'Countries', {
        value: option?.countries.join(' ') ?? '',
        hint: 'Two letters each, such as DE AT. Empty for everywhere.',
        required: false,
      })}
      ${saving.view(...FIELDS)} ${submit(saving, option ? 'Save' : 'Create delivery option')}
      ${option ? html`<button type="button" class="quiet" @click=${() => edit(undefined)}>Cancel</button>` : nothing}
    </form>`
  }

  function optionView(option: DeliveryOption): TemplateResult {
    const { name, price, free_from, countries, active } = option
    const button = (label: string, act: (option: DeliveryOption) => unknown) =>
      html`<button
        type="button"
        class="quiet"
        aria-label="${label} ${name}"
        aria-disabled=${acting.isBusy ? 'true' : 'false'}
        @click=${() => void act(option)}
      >
        ${label}
      </button>`
    return html`<li>
      <span
        ><strong>${name}</strong> <small>${active ? money(price) : 'Not active'}</small><br />${
          countries.join(', ') || 'Everywhere'
        }${free_from === null ? nothing : `, free from ${money(free_from)}`}</span
      >
      <span>
        ${button('Edit', open)} ${button(active ? 'Deactivate' : 'Activate', toggle)}
        ${button('Delete', remove)}
      </span>
    </li>`
  }
}
