import { type Context, Hono } from 'hono'
import { isCommon } from '../auth/common-passwords.ts'
import { publishRevocation } from '../auth/publish-revocation.ts'
import { requireCustomer } from '../auth/require.ts'
import { Db } from '../db/client.ts'
import { wake } from '../events/wake.ts'
import type { AppEnv } from '../http/app-env.ts'
import { byAddress, byEmailAndAddress, bySession, bySite, limit } from '../http/rate-limit.ts'
import { validate } from '../http/validate.ts'
import { onlyWithMail } from '../mail/routes.ts'
import { sendMail } from '../mail/send-mail.ts'
import { newToken } from '../mail/token.ts'
import { confirmEmailMail, passwordChangedMail, resetPasswordMail } from '../mail/templates/account-mail.ts'
import type { Mail } from '../mail/templates/mail.ts'
import { mailOf } from '../settings.ts'
import { requestEmailChange } from './change-email.ts'
import { confirmEmail } from './confirm-email.ts'
import { requestReset } from './request-reset.ts'
import { resetPassword } from './reset-password.ts'
import { ChangeEmailBody, ConfirmEmailBody, RequestResetBody, ResetPasswordBody } from './schema.ts'

/** Counted apart from log-ins, so that neither uses up the limit of the other. */
const apart =
  (keyOf: (c: Context<AppEnv>) => string | undefined) =>
  (c: Context<AppEnv>): string | undefined => {
    const key = keyOf(c)
    return key && `recovery ${key}`
  }

/** How many mails an account gets is limited by `hasEnough`, which locks nobody out. */
const limitRecovery = limit({ LIMIT_LOG_IN_BY_ADDRESS: apart(byAddress), LIMIT_HASHES: bySite })
const limitMails = limit({ LIMIT_LOG_IN: apart(byEmailAndAddress) })
/** A low limit: someone with a stolen access token could guess the password here. */
const limitEmailChange = limit({
  LIMIT_PASSWORD_CHANGE: bySession,
  LIMIT_LOG_IN_BY_ADDRESS: apart(byAddress),
})

export const recoveryRoutes = new Hono<AppEnv>()
  .post(
    '/password/reset',
    onlyWithMail,
    limitRecovery,
    validate('json', RequestResetBody),
    limitMails,
    async (c) => {
      const { token, hash } = newToken()
      const { email } = c.req.valid('json')
      // Apart, so that the answer has no bookmark: it would tell whether a token was stored.
      const db = new Db(c.env.DB, c.var.db.usage)
      const recipient = await requestReset(db, { email, hash, now: c.var.now })
      if (recipient !== undefined) send(c, recipient, (shop) => resetPasswordMail(shop, token))
      return c.json({ detail: 'If an account with this e-mail exists, we have sent it a mail.' }, 202)
    },
  )
  .post(
    '/password/reset/confirm',
    onlyWithMail,
    limitRecovery,
    validate('json', ResetPasswordBody),
    async (c) => {
      const body = c.req.valid('json')
      const is_common = await isCommon(body.new_password, c.env.ASSETS)
      const { email, revoked } = await resetPassword(c.var.db, { ...body, is_common }, c.var.now)
      publishRevocation(c, revoked)
      send(c, email, passwordChangedMail)
      return c.body(null, 204)
    },
  )
  .post(
    '/email',
    onlyWithMail,
    requireCustomer,
    limitEmailChange,
    validate('json', ChangeEmailBody),
    limitMails,
    async (c) => {
      const { token, hash } = newToken()
      const body = c.req.valid('json')
      const { user_id } = c.var.caller
      await requestEmailChange(c.var.db, { ...body, user_id, hash, now: c.var.now })
      send(c, body.email, (shop) => confirmEmailMail(shop, token))
      return c.json({ detail: 'We have sent a confirmation link to the new address.' }, 202)
    },
  )
  .post(
    '/email/confirm',
    onlyWithMail,
    requireCustomer,
    limitRecovery,
    validate('json', ConfirmEmailBody),
    (c) => confirm(c, c.req.valid('json').token, c.var.caller.user_id),
  )
  .post('/email/restore', onlyWithMail, limitRecovery, validate('json', ConfirmEmailBody), (c) =>
    confirm(c, c.req.valid('json').token),
  )

async function confirm(c: Context<AppEnv>, token: string, caller?: number): Promise<Response> {
  const { db, now } = c.var
  publishRevocation(c, await confirmEmail(db, { token, caller, now }))
  wake(c)
  return c.body(null, 204)
}

/** Sends a mail after the answer, once: it may get lost, and is then asked for again. */
function send(c: Context<AppEnv>, recipient: string, mail: (shop: URL) => Mail): void {
  const settings = mailOf(c.env)!
  const sending = async () => {
    const outcome = await sendMail(c.env.EMAIL, settings, recipient, mail(settings.shop))
    if (outcome.result !== 'sent') console.warn(`A mail about an account was not sent: ${outcome.error}`)
  }
  c.executionCtx.waitUntil(sending())
}
