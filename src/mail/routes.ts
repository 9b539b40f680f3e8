import { Hono } from 'hono'
import { requireStaff } from '../auth/require.ts'
import { AppError } from '../errors.ts'
import { wake } from '../events/wake.ts'
import type { AppEnv } from '../http/app-env.ts'
import { IdParam } from '../http/fields.ts'
import { onlyIf } from '../http/only-if.ts'
import { Pager } from '../http/pagination.ts'
import { validate } from '../http/validate.ts'
import { mailOf } from '../settings.ts'
import type { UnsentMail } from './openapi.ts'
import { listMails, type MailRow, sendAgain } from './queries.ts'
import { ListMailsQuery } from './schema.ts'

export const onlyWithMail = onlyIf((env) => mailOf(env) !== undefined)

export const adminMailRoutes = new Hono<AppEnv>()
  .use(onlyWithMail, requireStaff)
  .get('/', validate('query', ListMailsQuery), async (c) => {
    const query = c.req.valid('query')
    const pager = new Pager(c, query, { isCountExact: false })
    const mails = await listMails(c.var.db, query.state, pager.request)
    return c.json(pager.keyed(mails, ({ id }) => [id, id], toUnsentMail))
  })
  .post('/:id{[0-9]+}/send-again', validate('param', IdParam), async (c) => {
    const mail = await sendAgain(c.var.db, c.req.valid('param').id, c.var.now)
    if (!mail) throw new AppError('not_found', 'There is no such mail: it may have been sent.')
    wake(c)
    return c.json(toUnsentMail(mail), 202)
  })

function toUnsentMail({ next_at, created_at, ...mail }: MailRow): UnsentMail {
  return {
    ...mail,
    next_at: mail.state === 'parked' ? null : new Date(next_at).toISOString(),
    created_at: new Date(created_at).toISOString(),
  }
}
