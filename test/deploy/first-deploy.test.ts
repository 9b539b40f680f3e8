import { checkPassword } from '../../src/auth/passwords.ts'
import { CHECK_NAMES } from '../../src/integrity/check-names.ts'
import { describe, expect, it } from 'vitest'
import { readdirSync } from 'node:fs'
import { useRehearsal } from './rehearsal.ts'

/** A file of the API viewer. */
const VIEWER = 'public/swagger-ui/swagger-ui.css'

describe('on an empty account', () => {
  const rehearsal = useRehearsal()

  it('a deploy changes nothing without the secret, and shows the command that sets one', async () => {
    const { status, output } = await rehearsal.npm('deploy')
    expect(output).toContain('The Worker has no JWT_SECRET yet')
    expect(status).toBe(1)
    expect(rehearsal.cloudflare.calls.filter((call) => !call.startsWith('GET '))).toEqual([])
    const [, command] = /^ {2}(.*wrangler secret put.*)$/m.exec(output)!
    const { output: printed } = await rehearsal.shell(command!)
    const secret = rehearsal.cloudflare.workers.scripts.get('kiosk')!.secrets.get('JWT_SECRET')
    expect(secret).toMatch(/^[\w-]{64}$/)
    expect(printed).toContain(`${secret}\n`) // for the operator to store
  })

  it('then a deploy makes all that the shop needs', async () => {
    await rehearsal.shell(`echo 'of an earlier version' > ${VIEWER}`)
    const { status, output } = await rehearsal.npm('deploy')
    expect(output).toContain('The shop is running: https://kiosk.rehearsal.workers.dev/')
    expect(output).not.toMatch(/warning/i)
    expect(status).toBe(0)
    const { d1, kv, r2, workers } = rehearsal.cloudflare
    expect([d1.names, kv.titles, r2.names]).toEqual([
      ['kiosk'],
      ['kiosk-revoked-sessions'],
      ['kiosk-pictures'],
    ])
    expect(d1.rows('kiosk', 'SELECT count(*) AS n FROM d1_migrations')).toEqual([
      { n: readdirSync('migrations').length },
    ])
    expect(workers.scripts.get('kiosk')).toMatchObject({
      subdomain: { enabled: true, previews_enabled: false },
      crons: ['* * * * *', '17 * * * *'],
    })
    // No package names are sent.
    expect(workers.servingMetadata('kiosk')).not.toHaveProperty('package_dependencies')
    expect(await rehearsal.shell(`cmp ${VIEWER} node_modules/swagger-ui-dist/swagger-ui.css`)).toEqual({
      status: 0,
      output: '',
    })
  })

  it('another deploy creates nothing', async () => {
    const { calls } = rehearsal.cloudflare
    const before = calls.length
    const { status } = await rehearsal.npm('deploy')
    expect(status).toBe(0)
    const made = calls
      .slice(before)
      .filter((call) => /^POST .*(\/database|\/namespaces|\/buckets) /.test(call))
    expect(made).toEqual([])
    const { versions } = rehearsal.cloudflare.workers.scripts.get('kiosk')!
    expect(versions.at(-1)!.metadata.bindings).toEqual(versions.at(-2)!.metadata.bindings)
  })

  it('a deploy names the secret of Stripe that is missing beside the other', async () => {
    await rehearsal.shell('echo sk_live_1 | npx wrangler secret put STRIPE_SECRET_KEY --env=""')
    const { status, output } = await rehearsal.npm('deploy')
    expect([status, output]).toEqual([
      0,
      expect.stringContaining('npx wrangler secret put STRIPE_WEBHOOK_SECRET --env=""'),
    ])
  })

  it('create-admin takes an e-mail and a name with quotes', async () => {
    const args = ['--remote', '--email', "o'hara@example.com", '--name', `Mary "Mo"; O'Hara -- ;`]
    const { output } = await rehearsal.npm('create-admin', args)
    expect(output).toMatch(
      /^Creating .* password \S+ \.\.\. .*\no'hara@example.com is staff, .* this password\.\n$/,
    )
    const { d1 } = rehearsal.cloudflare
    expect(d1.rows('kiosk', 'SELECT email, name, is_staff FROM users')).toEqual([
      { email: "o'hara@example.com", name: `Mary "Mo"; O'Hara -- ;`, is_staff: 1 },
    ])
    expect(d1.rows('kiosk', 'SELECT path, body FROM audit_log')).toEqual([
      { path: "create-admin --email o'hara@example.com", body: '{"user_id":1}' },
    ])
  })

  it('the integrity check of a small shop is one call', async () => {
    const { calls, d1 } = rehearsal.cloudflare
    const before = calls.length
    const { status, output } = await rehearsal.npm('integrity', ['--remote'])
    expect([status, output.match(/: \d+ checked, ok$/gm)?.length]).toEqual([0, CHECK_NAMES.length])
    expect(calls.slice(before).filter((call) => call.includes('/query '))).toHaveLength(1)
    expect(d1.names).toEqual(['kiosk'])
  })

  it('staging is another shop, which shares nothing', async () => {
    const { d1, kv, r2, workers } = rehearsal.cloudflare
    const production = workers.servingMetadata('kiosk')
    const { output: refused } = await rehearsal.npm('deploy', ['--env', 'staging'])
    const [, command] = /^ {2}(.*wrangler secret put.*)$/m.exec(refused)!
    await rehearsal.shell(command!)
    const { status, output } = await rehearsal.npm('deploy', ['--env', 'staging'])
    expect(output).toContain('The shop is running: https://kiosk-staging.rehearsal.workers.dev/')
    expect(output).toContain('npm run create-admin -- --remote --env staging')
    expect(status).toBe(0)
    expect(d1.names).toEqual(['kiosk', 'kiosk-staging'])
    expect(kv.titles).toEqual(['kiosk-revoked-sessions', 'kiosk-staging-revoked-sessions'])
    expect(r2.names).toEqual(['kiosk-pictures', 'kiosk-staging-pictures'])
    expect(workers.servingMetadata('kiosk')).toBe(production)
    const ids = (name: string) =>
      workers
        .servingMetadata(name)
        .bindings.flatMap(({ id, namespace_id, bucket_name }) => id ?? namespace_id ?? bucket_name ?? [])
    expect(ids('kiosk-staging')).toHaveLength(ids('kiosk').length)
    expect(ids('kiosk-staging').filter((id) => ids('kiosk').includes(id))).toEqual([])
  })

  it('create-admin and the integrity check mean the environment that is named', async () => {
    const { d1 } = rehearsal.cloudflare
    await rehearsal.npm('create-admin', ['--remote', '--env', 'staging', '--email', 'test@example.com'])
    expect(d1.rows('kiosk-staging', 'SELECT email FROM users')).toEqual([{ email: 'test@example.com' }])
    expect(d1.rows('kiosk', 'SELECT email FROM users')).toHaveLength(1)
  })

  it('create-admin has printed the password of an account when the answer of Cloudflare is lost', async () => {
    const { cloudflare } = rehearsal
    const args = ['--remote', '--email', 'ann@example.com']
    cloudflare.failOnce({ call: 'POST /query', after: 1, hasEffect: true }) // one call looks for the account
    const lost = await rehearsal.npm('create-admin', args)
    expect([lost.status, lost.output]).toEqual([1, expect.not.stringContaining('is staff')])
    const [, password] = /the password (\S+) .* If this fails, run it again\.$/m.exec(lost.output)!
    const again = await rehearsal.npm('create-admin', args)
    expect(again).toEqual({ status: 0, output: 'ann@example.com is staff. Its password is unchanged.\n' })
    const stored = `SELECT password_hash FROM users WHERE email = 'ann@example.com'`
    const [row] = cloudflare.d1.rows('kiosk', stored)
    expect(await checkPassword(password!, String(row!['password_hash']))).toMatchObject({ matches: true })
  })
})
