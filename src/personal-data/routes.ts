import { Hono } from 'hono'
import { publishRevocation } from '../auth/publish-revocation.ts'
import { requireCustomer } from '../auth/require.ts'
import type { AppEnv } from '../http/app-env.ts'
import { byAddress, bySession, limit } from '../http/rate-limit.ts'
import { validate } from '../http/validate.ts'
import { pricingOf } from '../settings.ts'
import { deleteAccount } from './delete-account.ts'
import { exportAccount } from './export-account.ts'
import { DeleteAccountBody } from './schema.ts'

const limitExports = limit({ LIMIT_PASSWORD_CHANGE: (c) => `export ${bySession(c)}` })
/** As for a change of password, whose limit it shares: both say whether a guess is right. */
const limitDeletions = limit({ LIMIT_PASSWORD_CHANGE: bySession, LIMIT_LOG_IN_BY_ADDRESS: byAddress })

const deleteAccountBody = validate('json', DeleteAccountBody, { optional: true })

export const personalDataRoutes = new Hono<AppEnv>()
  .get('/export', requireCustomer, limitExports, async (c) => {
    const { db, now, caller } = c.var
    const chunks = await exportAccount(db, caller.user_id, pricingOf(c.env), now)
    return c.body(toStream(chunks), 200, {
      'Content-Type': 'application/json',
      'Content-Disposition': 'attachment; filename="my-data.json"',
    })
  })
  .delete('/profile', requireCustomer, limitDeletions, deleteAccountBody, async (c) => {
    const { db, now, caller } = c.var
    const { password } = c.req.valid('json')
    const revoked = await deleteAccount(db, { user_id: caller.user_id, password, now })
    publishRevocation(c, revoked)
    return c.body(null, 204)
  })

/** An error breaks the stream off, so that the reader does not take half of it for all. */
function toStream(chunks: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    async pull(controller) {
      const { value } = await chunks.next()
      if (value === undefined) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
  })
}
