import { html, nothing, type TemplateResult } from 'lit-html'
import type { Page as ListPage, Webhook, WebhookDelivery } from '../client/kiosk.ts'
import { choice, type Entered, field, Form, submit } from './form.ts'
import { Loading } from './loading.ts'
import { moment } from './money.ts'
import { notify } from './notices.ts'
import type { Page } from './page.ts'
import { counted } from './plural.ts'
import { requestRender } from './rendering.ts'
import { shop } from './session.ts'
import { staffNav } from './staff-nav.ts'
import { moreThanShown, table } from './table.ts'

const ORDERS = [
  'order.placed',
  'order.paid',
  'order.shipped',
  'order.delivered',
  'order.cancelled',
  'order.refunded',
] as const
const TYPES = { orders: [...ORDERS], stock: ['product.low_stock'], all: [...ORDERS, 'product.low_stock'] }
const CHOICES = [
  ['all', 'Orders and low stock'],
  ['orders', 'Orders'],
  ['stock', 'Low stock'],
] as const

export function staffWebhooksPage(): Page {
  const webhooks = new Loading(() => Array.fromAsync(shop.admin.webhooks.list({ page_size: 100 })))
  const [adding, acting] = [new Form(), new Form()]
  let secret: string | undefined
  let open: { webhook: Webhook; deliveries: Loading<ListPage<WebhookDelivery>> } | undefined

  async function add({ url, events }: Entered<'url' | 'events'>): Promise<void> {
    const types = TYPES[events as keyof typeof TYPES] as Webhook['types']
    ;({ secret } = await shop.admin.webhooks.create({ url, types }))
    await webhooks.reload()
  }

  const act = (does: () => Promise<unknown>, done: string) => () =>
    void acting.run(async () => {
      await does()
      notify(done)
      await Promise.all([webhooks.reload(), open?.deliveries.reload()])
    })

  function show(webhook: Webhook): void {
    const load = () => shop.admin.webhooks.deliveries(webhook.id, { page_size: 50 }).first()
    open = { webhook, deliveries: new Loading(load) }
    requestRender()
  }

  const button = (label: string, name: string, press: () => void) =>
    html`<button
      type="button"
      class="quiet"
      aria-label="${label} ${name}"
      aria-disabled=${acting.isBusy ? 'true' : 'false'}
      @click=${press}
    >
      ${label}
    </button>`

  const webhookView = (webhook: Webhook): TemplateResult => {
    const { id, url, active, waiting, parked } = webhook
    return html`<tr>
      <td>${url}<br /><small>${webhook.types.join(', ')}</small></td>
      <td>${stateOf(webhook)}</td>
      <td>${waiting} waiting, ${parked} parked</td>
      <td>
        ${button('Deliveries', url, () => show(webhook))}
        ${button(
          'Test',
          url,
          act(() => shop.admin.webhooks.test(id), 'A test message is being sent.'),
        )}
        ${button(
          active ? 'Pause' : 'Resume',
          url,
          act(
            () => shop.admin.webhooks.update(id, { active: !active }),
            active ? 'The endpoint is paused.' : 'The endpoint is active.',
          ),
        )}
        ${button(
          'Delete',
          url,
          act(() => remove(id), 'The endpoint has been deleted.'),
        )}
      </td>
    </tr>`
  }

  async function remove(id: number): Promise<void> {
    await shop.admin.webhooks.delete(id)
    if (open?.webhook.id === id) open = undefined
  }

  const deliveryView = (delivery: WebhookDelivery): TemplateResult => {
    const { order_id, attempts } = delivery
    const name = `delivery ${delivery.id}`
    return html`<tr>
      <td>${moment(delivery.created_at)}</td>
      <td>${delivery.type}${order_id === null ? nothing : html`, order ${order_id}`}</td>
      <td>${delivery.state}</td>
      <td>${attempts.map(({ at, error }) => html`${moment(at)}: ${error ?? 'accepted'}<br />`)}</td>
      <td>
        ${button(
          'Send again',
          name,
          act(() => shop.admin.webhooks.sendAgain(delivery.id), 'The message is being sent again.'),
        )}
      </td>
    </tr>`
  }

  return {
    title: 'Webhooks',
    view: () => html`
      ${staffNav('/staff/webhooks')}
      <h1 tabindex="-1">Webhooks</h1>
      ${acting.view()}
      ${webhooks.view((list) =>
        list.length === 0
          ? html`<p class="count">No webhooks yet.</p>`
          : table('Endpoints', [['Address'], ['State'], ['Deliveries'], ['Actions']], list.map(webhookView), {
              isStacked: true,
            }),
      )}
      ${
        open === undefined
          ? nothing
          : html`<h2>Deliveries to ${open.webhook.url}</h2>
              ${open.deliveries.view(
                (page) =>
                  html`${table(
                    'Deliveries',
                    [['Time'], ['Event'], ['State'], ['Attempts'], ['Actions']],
                    page.results.map(deliveryView),
                    { isStacked: true },
                  )}
                  ${moreThanShown(page)}`,
              )}`
      }
      <h2>New endpoint</h2>
      <form @submit=${adding.send(add)}>
        ${field(adding, 'url', 'Address', { type: 'url', maxlength: 500, hint: 'Begins with https://' })}
        ${choice('events', 'Events', CHOICES, 'all')} ${adding.view('url')}
        ${submit(adding, 'Create endpoint')}
      </form>
      ${
        secret === undefined
          ? nothing
          : html`<p role="status">Its secret, which is not shown again: <code>${secret}</code></p>`
      }
    `,
  }
}

function stateOf({ active, gone, failures, next_at }: Webhook): string {
  if (gone) return 'Stopped: the receiver is gone'
  if (!active) return 'Paused'
  if (failures === 0) return 'Active'
  const next = next_at === null ? '' : `, next attempt ${moment(next_at)}`
  return `${counted(failures, 'failure')}${next}`
}
