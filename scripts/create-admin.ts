import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { RegisterBody } from '../src/accounts/schema.ts'
import { foldCase } from '../src/text.ts'
import { DEMO_EMAIL } from './demo.ts'
import { COMMON } from '../src/auth/common-passwords.ts'
import { accountExists, demote, insertStaff, promote, recordCommand, type Run } from './accounts.ts'
import { isCommon } from './static-files.ts'
import { fail, migrate, optionsOf, runOn, withDatabase } from './local.ts'
import { REMOTE_HELP, REMOTE_OPTIONS, remoteEnvironment, runRemotely } from './remote.ts'

const HELP = `Makes a staff account, or makes an existing customer staff.

  npm run create-admin -- --email E [--password P | --password -] [--name N] [--revoke] [--remote [--env NAME]]

  --email E      whose account
  --password P   the password; - reads it from standard input. A new account without one gets a random
                 password, printed once. An existing account keeps its own; with a new one every session ends.
  --name N       the name
  --revoke       makes staff a customer again
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
if (values.email === undefined) fail(`Whose account? Give --email.\n\n${HELP}`)
const password = values.password === '-' ? (await text(process.stdin)).replace(/\r?\n$/, '') : values.password
if (revoke && (password !== undefined || values.name !== undefined)) {
  fail('--revoke takes neither --password nor --name: it changes nothing else.')
}
const { email, name } = checked({ email: values.email, name: values.name, password })

if (environment === undefined) {
  migrate()
  await withDatabase((db) => createAdmin(runOn(db)))
} else {
  if (foldCase(email) === foldCase(DEMO_EMAIL))
    fail('This is the account of the local demo. Choose an e-mail of your own.')
  await createAdmin((statements) => runRemotely(environment, statements))
}

async function createAdmin(run: Run): Promise<void> {
  const exists = await accountExists(run, email)
  const record = recordCommand(`create-admin --email ${email}${revoke ? ' --revoke' : ''}`)
  if (revoke) {
    if (!exists) fail(`There is no account of ${email}.`)
    await run([record, demote(email)])
    console.log(`${email} is no longer staff.`)
  } else if (exists) {
    await run([record, ...(await promote({ email, name, password }))])
    console.log(
      `${email} is staff.${password === undefined ? '' : ' The password was changed, and every login has ended.'}`,
    )
  } else {
    const given = password ?? randomBytes(12).toString('base64url')
    await run([record, await insertStaff({ email, name: name ?? email, password: given })])
    console.log(
      `${email} is staff, with a new account.${password === undefined ? ` The password is ${given}` : ''}`,
    )
  }
}

/** The same rules as for registering. */
function checked(given: { email: string; name: string | undefined; password: string | undefined }) {
  const stand_ins = { name: 'Staff', password: randomBytes(12).toString('base64url'), phone: '0' }
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const { data, error } = RegisterBody.safeParse({ ...stand_ins, ...known })
  if (error) fail(error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('\n'))
  if (isCommon(data.password)) fail(`--password: ${COMMON}`)
  return { email: data.email, name: given.name === undefined ? undefined : data.name }
}
