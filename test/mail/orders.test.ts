import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { attachGuestOrders } from '../../src/auth/attach-guest-orders.ts'
import { Db } from '../../src/db/client.ts'
import {
  aCustomer,
  aGuest,
  anOrder,
  aProduct,
  contact,
  type Person,
  simultaneously,
  staffMoves,
  theOwner,
  unique,
} from '../shop.ts'
import { mailer, mailsAreSent, providerDoes, providerError, sendMails, sent, to } from './post-office.ts'

sendMails()

const subjects = (person: { email: string }) => to(person).map(({ subject }) => subject)

/** The time until the next attempt passes. */
const letTimePass = async () => {
  await env.DB.exec('UPDATE mails SET next_at = 0')
  await mailsAreSent()
}

const unsent = async (query = '') =>
  (await (await theOwner()).call('GET', `/api/admin/mail/${query}`)).body.results

describe('an order', () => {
  it('is told of at each step, once and in order, however often the mailer is woken', async () => {
    const ann = await aCustomer()
    const order = await anOrder(ann)
    await staffMoves(order, 'Shipped')
    await staffMoves(order, 'Delivered') // no mail
    await simultaneously(10, () => mailer().wake())
    await mailsAreSent()
    await mailsAreSent()
    expect(subjects(ann)).toEqual([
      `We have received your order ${order.id}`,
      `Your order ${order.id} is on its way`,
    ])
    expect(await unsent()).toEqual([])
  })

  it('is told of without being asked for', async () => {
    const ann = await aCustomer()
    const order = await anOrder(ann)
    await ann.cancels(order)
    await expect.poll(() => subjects(ann)).toContain(`Your order ${order.id} has been cancelled`)
  })

  it('is told of at the address that it was placed with', async () => {
    const ann = await aCustomer()
    const order = await anOrder(ann)
    await mailsAreSent()
    await env.DB.prepare(`UPDATE users SET email = 'new@example.com' WHERE id = ?`).bind(ann.id).run()
    await staffMoves(order, 'Shipped')
    await mailsAreSent()
    expect(to(ann)).toHaveLength(2)
  })

  it('says where it goes only to an address that its owner has confirmed', async () => {
    const word = `https://${unique()}.example/`
    const ship_to = { name: word, phone: '1', address: word, city: word, line1: word }
    const [ann, bob, guest] = [await aCustomer(), await aCustomer(), await aGuest()]
    await env.DB.prepare('UPDATE users SET email_confirmed_at = 1 WHERE id = ?').bind(ann.id).run()
    const recipients = [ann, bob, contact()]
    for (const [n, buyer] of [ann, bob, guest].entries()) {
      await buyer.adds(await aProduct())
      const { body: order } = await buyer.orders({ email: recipients[n]!.email, ship_to })
      await staffMoves(order, 'Shipped')
    }
    await mailsAreSent()
    const counts = recipients.map((person) => to(person).filter(({ text }) => text.includes(word)).length)
    expect([recipients.map((person) => to(person).length), counts]).toEqual([
      [2, 2, 2],
      [2, 0, 0],
    ])
  })

  it('of a stranger that has moved to the account says nothing of theirs', async () => {
    const word = `https://${unique()}.example/`
    const [ann, guest] = [await aCustomer(), await aGuest()]
    await env.DB.prepare('UPDATE users SET email_confirmed_at = 1 WHERE id = ?').bind(ann.id).run()
    await guest.adds(await aProduct())
    const ship_to = { name: word, phone: '1', address: word, city: word, line1: word }
    const { body: order } = await guest.orders({ email: ann.email, ship_to })
    await new Db(env.DB).batch([attachGuestOrders(ann.id)])
    expect((await ann.orderHistory()).map(({ id }) => id)).toEqual([order.id])
    await staffMoves(order, 'Shipped')
    await mailsAreSent()
    expect(to(ann).map(({ text, html }) => [text, html].some((part) => part.includes(word)))).toEqual([
      false,
      false,
    ])
  })

  it('with hundreds of others is told of once each', async () => {
    const people = await simultaneously(3, () => aCustomer())
    await env.DB.exec('UPDATE users SET email_confirmed_at = 1')
    const product = await aProduct({ stock: 1000 })
    for (let n = 0; n < 50; n += 1) await Promise.all(people.map((person) => anOrder(person, product)))
    await mailsAreSent()
    for (const person of people) {
      const ids = subjects(person).map((subject) => Number(subject.split(' ').at(-1)))
      expect(ids).toHaveLength(50)
      expect(new Set(ids).size).toBe(50)
    }
  }, 60_000)
})

describe('strangers who place and cancel orders', () => {
  const orderAndCancel = async (buyer: Person, email: string | undefined, times: number) => {
    const product = await aProduct({ stock: 1000 })
    for (let n = 0; n < times; n += 1) {
      await buyer.adds(product)
      await buyer.cancels((await buyer.orders({ ...contact(), email })).body)
    }
    await mailsAreSent()
  }

  it('with the e-mail of somebody cause at most 20 mails to it in an hour', async () => {
    const [guest, other, account] = [await aGuest(), await aGuest(), await aCustomer()]
    await orderAndCancel(guest, account.email, 8)
    expect((await guest.call('DELETE', '/api/users/profile/', { body: {} })).status).toBe(204)
    await orderAndCancel(other, account.email.toUpperCase(), 8)
    await orderAndCancel(account, undefined, 1) // nobody has confirmed its e-mail
    expect(sent).toHaveLength(20)
    expect(await unsent()).toEqual([])
    await nextHour()
    await orderAndCancel(account, undefined, 11)
    expect(sent).toHaveLength(40)
  })

  it('as one guest cause at most 20 mails in an hour, to whomever', async () => {
    const guest = await aGuest()
    for (let n = 0; n < 11; n += 1) await orderAndCancel(guest, `${unique()}@example.com`, 1)
    expect(sent).toHaveLength(20)
  })

  it('hide no failures of the provider behind mails that the shop does not send', async () => {
    const guest = await aGuest()
    await orderAndCancel(guest, contact().email, 10)
    const people = await simultaneously(5, () => aCustomer())
    const product = await aProduct({ stock: 100 })
    let attempts = 0
    providerDoes(() => {
      attempts += 1
      throw new Error('Network connection lost.')
    })
    for (const person of people) {
      await anOrder(person)
      await guest.adds(product)
      await guest.orders(contact())
    }
    await mailsAreSent()
    expect(attempts).toBe(3)
  })

  it('keep no mail about what was paid or shipped from anybody, and none from a confirmed address', async () => {
    const [guest, ann] = [await aGuest(), await aCustomer()]
    await orderAndCancel(guest, ann.email, 10)
    await env.DB.exec(
      `CREATE TRIGGER pay AFTER INSERT ON orders BEGIN
      UPDATE orders SET paid_cents = total_cents WHERE id = NEW.id; END`.replaceAll('\n', ' '),
    )
    await orderAndCancel(guest, ann.email, 1)
    await env.DB.exec('DROP TRIGGER pay')
    expect(to(ann)).toHaveLength(22)
    await staffMoves(await anOrder(ann), 'Shipped')
    await mailsAreSent()
    expect(to(ann)).toHaveLength(23)
    await env.DB.prepare('UPDATE users SET email_confirmed_at = 1 WHERE id = ?').bind(ann.id).run()
    await orderAndCancel(ann, undefined, 1)
    expect(to(ann)).toHaveLength(25)
  })
})

describe('while the provider fails', () => {
  it('one mail, it delays that order alone, whose mails still come in order', async () => {
    const [ann, bob] = [await aCustomer(), await aCustomer()]
    providerDoes(({ to: recipient }) => {
      if (recipient === ann.email) throw providerError('E_DELIVERY_FAILED')
    })
    const order = await anOrder(ann)
    await staffMoves(order, 'Shipped')
    await staffMoves(await anOrder(bob), 'Shipped')
    await mailsAreSent()
    expect([to(ann), to(bob)].map(({ length }) => length)).toEqual([0, 2])
    expect(await unsent()).toMatchObject([
      { type: 'shipped', state: 'waiting', attempts: 0 },
      { type: 'placed', state: 'waiting', attempts: 1, error: expect.stringContaining('E_DELIVERY_FAILED') },
    ])
    providerDoes(() => {})
    await letTimePass()
    expect(subjects(ann)).toEqual([
      `We have received your order ${order.id}`,
      `Your order ${order.id} is on its way`,
    ])
  })

  it.each(['E_RATE_LIMIT_EXCEEDED', 'E_DAILY_LIMIT_EXCEEDED', 'E_SENDER_DOMAIN_NOT_AVAILABLE'])(
    'all mails with %s, it is left alone for a while, and nothing is parked or lost',
    async (code) => {
      const ann = await aCustomer()
      let attempts = 0
      providerDoes(() => {
        attempts += 1
        throw providerError(code)
      })
      const order = await anOrder(ann)
      await staffMoves(order, 'Shipped')
      await mailsAreSent()
      await mailsAreSent()
      expect(attempts).toBe(1)
      expect(await unsent('?state=parked')).toEqual([])
      providerDoes(() => {})
      await endPause()
      await mailsAreSent()
      expect(to(ann)).toHaveLength(2)
    },
  )

  it('with errors that it does not explain, it is left alone after three mails', async () => {
    let attempts = 0
    providerDoes(() => {
      attempts += 1
      throw new Error('Network connection lost.')
    })
    const people = await simultaneously(5, () => aCustomer())
    for (const person of people) await anOrder(person)
    await mailsAreSent()
    expect(attempts).toBe(3)
    providerDoes(() => {})
    await endPause()
    await letTimePass()
    expect(people.map((person) => to(person).length)).toEqual([1, 1, 1, 1, 1])
  })

  it('by not answering, placing an order does not wait, and the mail is sent again', async () => {
    const ann = await aCustomer()
    const wait = globalThis.setTimeout
    const spy = vi
      .spyOn(globalThis, 'setTimeout')
      .mockImplementation((act: () => void, delay?: number) => wait(act, delay === 30_000 ? 1 : delay))
    providerDoes(() => new Promise(() => {}))
    const order = await anOrder(ann)
    expect(order.status).toBe('Pending')
    await mailsAreSent()
    expect(await unsent()).toMatchObject([{ error: 'The provider did not answer.', attempts: 1 }])
    spy.mockRestore()
    providerDoes(() => {})
    await letTimePass()
    expect(to(ann)).toHaveLength(1)
  })
})

describe('a mail that the provider refuses for good', () => {
  it('is parked and shown, holds up nothing, and is sent again when staff ask', async () => {
    const [ann, owner] = [await aCustomer(), await theOwner()]
    providerDoes((mail) => {
      if (mail.subject.startsWith('We have received your order'))
        throw Object.assign(new Error(`${mail.to} has bounced`), { code: 'E_RECIPIENT_SUPPRESSED' })
    })
    const order = await anOrder(ann)
    await staffMoves(order, 'Shipped')
    await mailsAreSent()
    expect(subjects(ann)).toEqual([`Your order ${order.id} is on its way`])
    const [parked] = await unsent('?state=parked')
    expect(parked).toEqual({
      id: expect.any(Number),
      order_id: order.id,
      type: 'placed',
      email: ann.email,
      state: 'parked',
      attempts: 1,
      error: 'E_RECIPIENT_SUPPRESSED: the recipient has bounced',
      next_at: null,
      created_at: expect.any(String),
    })
    await letTimePass()
    expect(to(ann)).toHaveLength(1)

    providerDoes(() => {})
    const path = `/api/admin/mail/${parked.id}/send-again/`
    expect(await owner.call('POST', path)).toMatchObject({ status: 202, body: { state: 'waiting' } })
    await expect.poll(() => to(ann)).toHaveLength(2) // the route wakes the mailer
    expect(await owner.call('POST', path)).toBeProblem(404, 'not_found')
    expect(await ann.call('POST', path)).toBeProblem(403, 'not_staff')
    expect(await ann.call('GET', '/api/admin/mail/')).toBeProblem(403, 'not_staff')
  })

  it('is one to an address that would write headers', async () => {
    const ann = await aCustomer()
    await env.DB.prepare(`UPDATE users SET email = ? WHERE id = ?`)
      .bind('ann@example.com\r\nBcc: all@example.com', ann.id)
      .run()
    await anOrder(ann)
    await mailsAreSent()
    expect(sent).toEqual([])
    expect(await unsent()).toMatchObject([{ state: 'parked', error: 'The address is not valid.' }])
  })
})

describe('a mailer that ends', () => {
  it('between sending and remembering sends that mail again, and no other', async () => {
    const people = await simultaneously(3, () => aCustomer())
    for (const person of people) await anOrder(person)
    let crashed = false
    providerDoes(async (mail) => {
      if (crashed || sent.length !== 1) return
      crashed = true
      sent.push(mail)
      await endMailer()
      throw new Error('The mailer has ended.')
    })
    await mailsAreSent().catch(() => {})
    await mailsAreSent()
    await mailsAreSent()
    expect(people.map((person) => to(person).length)).toEqual([1, 2, 1])
    expect(await unsent()).toEqual([])
  })

  it('or fails before it has recorded what it sent repeats no mail, and loses none', async () => {
    const [ann, bob] = [await aCustomer(), await aCustomer()]
    await env.DB.exec(`CREATE TRIGGER crash BEFORE DELETE ON mails BEGIN SELECT RAISE(ABORT, 'crash'); END`)
    const order = await anOrder(ann)
    await staffMoves(order, 'Shipped')
    await anOrder(bob)
    await mailsAreSent()
    expect([to(ann).length, to(bob).length, (await unsent()).length]).toEqual([1, 1, 3])
    await env.DB.exec('DROP TRIGGER crash')
    await endMailer()
    await mailsAreSent()
    await mailsAreSent()
    expect(subjects(ann)).toEqual([
      `We have received your order ${order.id}`,
      `Your order ${order.id} is on its way`,
    ])
    expect([to(bob).length, await unsent()]).toEqual([1, []])
  })

  it('before a restore takes no other mail for one that it has sent', async () => {
    const ann = await aCustomer()
    await env.DB.exec(`CREATE TRIGGER crash BEFORE DELETE ON mails BEGIN SELECT RAISE(ABORT, 'crash'); END`)
    await anOrder(ann)
    await mailsAreSent()
    await env.DB.exec('DROP TRIGGER crash')
    await env.DB.exec('UPDATE mails SET created_at = created_at + 60000')
    await mailsAreSent()
    expect(to(ann)).toHaveLength(2)
  })
})

it('nobody is written to once the address has been erased', async () => {
  const ann = await aCustomer()
  providerDoes(() => {
    throw providerError('E_DELIVERY_FAILED')
  })
  const order = await anOrder(ann)
  await mailsAreSent()
  await env.DB.prepare(`UPDATE orders SET email = '' WHERE id = ?`).bind(order.id).run()
  await letTimePass()
  expect([sent, await unsent()]).toEqual([[], []])
})

const nextHour = () => runInDurableObject(mailer(), (_, { storage }) => storage.kv.put('counted_from', 0))

const endMailer = () => runInDurableObject(mailer(), (_, state) => state.abort('crash')).catch(() => {})

async function endPause(): Promise<void> {
  await runInDurableObject(mailer(), (_, { storage }) => storage.kv.delete('pause'))
}
