import { randomBytes } from 'node:crypto'
import { RegisterBody } from '../src/accounts/schema.ts'
import { weaknesses } from '../src/auth/password-rules.ts'
import { emailKey } from '../src/email.ts'
import { sentenceOf } from '../src/field-errors.ts'
import { fieldErrorIn } from '../src/http/fields.ts'
import { isCommon } from './build/static-files.ts'
import { fail, optionsOf, passwordFrom } from './cli/options.ts'
import {
  accountExists,
  demote,
  insertStaff,
  isUnproven,
  promote,
  recordCommand,
} from './database/accounts.ts'
import { DEMO_EMAIL } from './database/demo.ts'
import type { RunSql } from './database/run.ts'
import { withShop } from './database/shop.ts'
import { REMOTE_HELP, REMOTE_OPTIONS, remoteEnvironment } from './wrangler/environment.ts'

const HELP = `Creates a staff account, or makes an existing customer staff.

  npm run create-admin -- --email E [--password P | --password -] [--name N] [--revoke] [--remote [--env NAME]]

  --email E      the e-mail of the account
  --password P   the password; - reads it from standard input, a line. Without this option a new account gets a random
                 password, printed once, and an existing account keeps its password. A new password ends every
                 session of the account. A customer whose e-mail is not confirmed becomes staff only with a new password.
  --name N       the name; by default the e-mail for a new account, while an existing account keeps its name
  --revoke       makes a staff account a customer again
${REMOTE_HELP}`

const values = optionsOf(HELP, {
  email: { type: 'string' },
  password: { type: 'string' },
  name: { type: 'string' },
  revoke: { type: 'boolean' },
  ...REMOTE_OPTIONS,
})
const { revoke } = values
const environment = remoteEnvironment(values)
if (values.email === undefined) fail(`Name the account with --email.\n\n${HELP}`)
if (revoke && (values.password !== undefined || values.name !== undefined)) {
  fail('--revoke takes neither --password nor --name: it only makes the account a customer.')
}
const password = await passwordFrom(values.password)
const { email, name } = checked({ email: values.email, name: values.name, password })
if (environment !== undefined && emailKey(email) === emailKey(DEMO_EMAIL)) {
  fail('This is the account of the local demo. Choose an e-mail of your own.')
}
await withShop(environment, createAdmin)

async function createAdmin(run: RunSql): Promise<void> {
  const exists = await accountExists(run, email)
  const record = recordCommand(`create-admin${revoke ? ' --revoke' : ''} --email ${email}`, email)
  if (revoke) {
    if (!exists) fail(`There is no account with the e-mail ${email}.`)
    await run([record, demote(email)])
    console.log(`${email} is no longer staff.`)
  } else if (exists) {
    if (password === undefined && (await isUnproven(run, email))) {
      fail(`Somebody has registered with ${email}, and nobody has confirmed that the address is theirs. Whoever knows the
password of this account would be staff. Give it a new one, which ends its sessions: --password.`)
    }
    await run([record, ...(await promote({ email, name, password }))])
    console.log(
      `${email} is staff. ${password === undefined ? 'Its password is unchanged.' : 'The password was changed, and every session has ended.'}`,
    )
  } else {
    const given = password ?? randomBytes(12).toString('base64url')
    // Before the account exists: the answer may be lost after it was created.
    if (password === undefined)
      console.log(`Creating the account with the password ${given} ... If this fails, run it again.`)
    await run([await insertStaff({ email, name: name ?? email, password: given }), record])
    console.log(`${email} is staff, with a new account${password === undefined ? ' and this password' : ''}.`)
  }
}

/** The same rules as for registering. */
function checked(given: { email: string; name: string | undefined; password: string | undefined }) {
  const placeholders = { name: 'Staff', password: randomBytes(12).toString('base64url'), phone: '0' }
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const { data, error } = RegisterBody.safeParse({ ...placeholders, ...known })
  if (error)
    fail(error.issues.map((each) => `--${each.path.join('.')}: ${sentenceOf(fieldErrorIn(each))}`).join('\n'))
  const weak = weaknesses(data.password, data, isCommon(data.password))
  if (weak.length > 0) fail(weak.map((each) => `--password: ${sentenceOf(each)}`).join('\n'))
  return { email: data.email, name: given.name === undefined ? undefined : data.name }
}
