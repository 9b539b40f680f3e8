import { expect, it } from 'vitest'
import { sendMail } from '../../src/mail/send-mail.ts'
import { renderMail } from '../../src/mail/templates/mail.ts'
import { ORDER_MAIL_TYPES, orderMail } from '../../src/mail/templates/order-mail.ts'
import type { Order } from '../../src/orders/openapi.ts'
import type { SentMail } from './post-office.ts'

const shop = new URL('https://shop.example')

const order: Order = {
  id: 12,
  user: 'ann@example.com',
  items: [
    {
      id: 1,
      product: 'Lamp <b>"Æther" & co</b>',
      product_id: 3,
      quantity: 2,
      price: '10.00',
      tax_rate: '19.00',
      tax: '3.19',
    },
    { id: 2, product: 'Чайник', product_id: 4, quantity: 1, price: '5.50', tax_rate: null, tax: null },
  ],
  delivery: { name: 'Post & <i>parcel</i>', price: '4.90' },
  taxes: [{ rate: '19.00', net: '20.93', tax: '3.97' }],
  total_price: '30.40',
  currency: 'EUR',
  payment: { status: 'due', amount: '30.40', currency: 'EUR', refunded: '0.00', due_by: null },
  status: 'Pending',
  ship_to: {
    name: "Ann O'Neil <script>",
    phone: '1',
    address: '1 High Street\r\nLondon\n</p><img src=x onerror=alert(1)>',
    line1: 'Flat 2',
    line2: null,
    postal_code: 'N1 1AA',
    city: 'London <hr>',
    country: 'GB',
  },
  created_at: '2026-01-31T12:00:00.000Z',
  updated_at: '2026-01-31T12:00:00.000Z',
}

const refund = { amount: '3.00', currency: 'EUR' }

it.each(ORDER_MAIL_TYPES)('the mail about an order: %s', async (type) => {
  const { subject, text, html } = renderMail(
    orderMail(type, order, { shop, refund, confirmed: true }),
    'Kiosk & Sons',
  )
  await expect(`Subject: ${subject}\n\n${text}\n${html}`).toMatchFileSnapshot(`snapshots/${type}.txt`)
  // Only what the templates themselves write is markup.
  const tags = new Set(html.match(/<\/?[a-z]+/g))
  for (const tag of tags) expect(tag).toMatch(/^<\/?(html|head|meta|title|body|p|br|a)$/)
})

it('says nothing of a payment or a delivery that it does not know', () => {
  const { text } = renderMail(
    orderMail(
      'placed',
      {
        ...order,
        payment: null,
        delivery: null,
        taxes: [],
        ship_to: {
          name: 'Ann',
          phone: '1',
          address: null,
          country: null,
          postal_code: null,
          city: null,
          line1: null,
          line2: null,
        },
      },
      { shop, refund, confirmed: true },
    ),
    'Kiosk',
  )
  expect(text).not.toMatch(/paid|null|undefined/)
})

it('a subject cannot end its header, nor begin another', async () => {
  const sent: SentMail[] = []
  const provider = { send: async (mail: SentMail) => void sent.push(mail) }
  const from = { name: '', email: 'orders@shop.example' }
  const subject = `Hello\r\nBcc: all@example.com\u2028\u0085\0${'x'.repeat(2000)}`
  await sendMail(provider, { from, shop }, 'ann@example.com', { subject, blocks: [] })
  expect(sent[0]!.subject).toMatch(/^Hello Bcc: all@example.com x+$/)
  expect(sent[0]!.subject.length).toBeLessThanOrEqual(200)
})

it.each([
  'ann@example.com\nBcc: bob@example.com',
  'ann@example.com, bob@example.com',
  'Ann <ann@example.com>',
  'ann@example.com bob@example.com',
  'ann',
  '',
])('takes no recipient that is not one address: %j', async (recipient) => {
  const provider = { send: () => Promise.reject(new Error('It must not be asked')) }
  const from = { name: '', email: 'orders@shop.example' }
  expect(await sendMail(provider, { from, shop }, recipient, { subject: '', blocks: [] })).toEqual({
    result: 'refused',
    error: 'The address is not valid.',
  })
})

it('writes the domain of an address in ASCII', async () => {
  const sent: SentMail[] = []
  const provider = { send: async (mail: SentMail) => void sent.push(mail) }
  const from = { name: 'Kiosk', email: 'orders@shop.example' }
  await sendMail(provider, { from, shop }, 'info@exämple.com', { subject: 'Hello', blocks: [] })
  expect(sent[0]).toMatchObject({ from, to: 'info@xn--exmple-cua.com' })
})
