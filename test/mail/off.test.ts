import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { wakeMailer } from '../../src/events/wake.ts'
import { aCustomer, anOrder } from '../shop.ts'
import { mailer } from './post-office.ts'

it('a shop that sends no mail wakes no mailer and keeps nothing for one', async () => {
  const ann = await aCustomer()
  await ann.cancels(await anOrder(ann))
  await wakeMailer(env)
  expect(await runInDurableObject(mailer(), (_, { storage }) => storage.getAlarm())).toBeNull()
  const counts = await env.DB.prepare(
    'SELECT (SELECT count(*) FROM mails) AS mails, (SELECT count(*) FROM event_readers) AS readers',
  ).first()
  expect(counts).toEqual({ mails: 0, readers: 0 })
})
