import { describe, expect, it } from 'vitest'
import { RESTRICTED_TOKEN } from './cloudflare/server.ts'
import { SECRET, useRehearsal } from './rehearsal.ts'

const rehearsal = useRehearsal()
const account = () => ({ CLOUDFLARE_ACCOUNT_ID: rehearsal.cloudflare.accounts[0]! })

describe('a deploy', () => {
  it('without a login says how to log in', async () => {
    const { status, output } = await rehearsal.npm('deploy', [], { CLOUDFLARE_API_TOKEN: '' })
    expect(output).toContain('You are not logged in to Cloudflare. Log in with: npx wrangler login')
    expect(status).toBe(1)
  })

  it('by a token that may not list accounts asks for the account', async () => {
    const { status, output } = await rehearsal.npm('deploy', [], { CLOUDFLARE_API_TOKEN: RESTRICTED_TOKEN })
    expect(output).toContain('put CLOUDFLARE_ACCOUNT_ID=<its id> before the command')
    expect(status).toBe(1)
  })

  it('goes on by such a token where the account is named', async () => {
    const env = { CLOUDFLARE_API_TOKEN: RESTRICTED_TOKEN, ...account() }
    const { output } = await rehearsal.npm('deploy', [], env)
    expect(output).toContain('The Worker has no JWT_SECRET yet')
  })

  it('to an account that the token has no right to says which rights it needs', async () => {
    const { status, output } = await rehearsal.npm('deploy', [], { CLOUDFLARE_ACCOUNT_ID: '2'.repeat(32) })
    expect(output).toContain('Workers Scripts, D1, Workers KV Storage and Workers R2 Storage')
    expect(status).toBe(1)
  })

  it('with two accounts asks which one, and names them', async () => {
    rehearsal.cloudflare.accounts.push('2'.repeat(32))
    const { status, output } = await rehearsal.npm('deploy')
    expect(output).toContain('put CLOUDFLARE_ACCOUNT_ID=<its id> before the command')
    expect(output).toMatch(/`Account 2`: `2{32}`/)
    expect(status).toBe(1)
  })

  it('refuses a secret that could switch the rate limits off', async () => {
    rehearsal.cloudflare.workers.createDraft('kiosk', { ...SECRET, RATE_LIMITING: 'on' })
    const { status, output } = await rehearsal.npm('deploy', [], account())
    expect(output).toContain('npx wrangler secret delete RATE_LIMITING')
    expect(status).toBe(1)
  })

  it('refuses a secret with the address of a stand-in for Stripe', async () => {
    rehearsal.cloudflare.workers.createDraft('kiosk', { ...SECRET, STRIPE_API: 'http://127.0.0.1:8788' })
    const { status, output } = await rehearsal.npm('deploy', [], account())
    expect(output).toContain('npx wrangler secret delete STRIPE_API')
    expect(status).toBe(1)
  })

  it('refuses an address for the secret key other than the one of Stripe', async () => {
    rehearsal.change('wrangler.toml', (text) =>
      text.replace('[env.staging.vars]\n', '[env.staging.vars]\nSTRIPE_API = "http://127.0.0.1:1"\n'),
    )
    const { output } = await rehearsal.npm('deploy', ['--env', 'staging'])
    expect(output).toMatch(/^wrangler.toml has STRIPE_API/)
  })

  it('refuses an environment without rate limits, before anything else', async () => {
    rehearsal.change('wrangler.toml', (text) =>
      text.replace('[env.staging.vars]\n', '[env.staging.vars]\nRATE_LIMITING = "off"\n'),
    )
    const { output } = await rehearsal.npm('deploy', ['--env', 'staging'])
    expect(output).toMatch(/^wrangler.toml switches the rate limits off/)
  })

  it('refuses a wrong setting, and names it', async () => {
    rehearsal.change('wrangler.toml', (text) =>
      text
        .replaceAll('MAX_OPEN_ORDERS = "50"', 'MAX_OPEN_ORDERS = "fifty"')
        .replace('RATE_LIMITING = "off"\n', ''),
    )
    const { status, output } = await rehearsal.npm('deploy')
    expect([status, output]).toEqual([1, expect.stringMatching(/^MAX_OPEN_ORDERS must be a whole number/)])
  })

  it('refuses a setting that is not a string, as the start on this machine does', async () => {
    const list = 'ALLOWED_ORIGINS = ["https://front.example", "https://other.example"]\n'
    for (const line of [list, 'PAYMENTS = false\n', 'RETAIN_AUDIT_DAYS = 0\n']) {
      rehearsal.change('wrangler.toml', (text) => text.replace('[vars]\n', `$&${line}`))
      for (const script of ['deploy', 'start']) {
        const { status, output } = await rehearsal.npm(script)
        expect([status, output]).toEqual([1, expect.stringContaining(' must be one text in quotes')])
      }
      rehearsal.change('wrangler.toml', (text) => text.replace(line, ''))
    }
  })

  it.each(['front.example', 'https://front.example/', 'https://Front.example', 'https://*.example', '*'])(
    'refuses %s as an allowed origin',
    async (origin) => {
      const line = `ALLOWED_ORIGINS = "https://one.example, ${origin}"\n`
      rehearsal.change('wrangler.toml', (text) => text.replace('[vars]\n', `$&${line}`))
      const { status, output } = await rehearsal.npm('deploy')
      rehearsal.change('wrangler.toml', (text) => text.replace(line, ''))
      expect([status, output]).toEqual([
        1,
        expect.stringContaining(`separated by commas, and has "${origin}"`),
      ])
    },
  )

  it('accepts the origins of pages and apps', async () => {
    const line = 'ALLOWED_ORIGINS = "https://front.example:8443, capacitor://localhost, http://[::1]:3000,"\n'
    rehearsal.change('wrangler.toml', (text) => text.replace('[vars]\n', `$&${line}`))
    const { output } = await rehearsal.npm('deploy')
    rehearsal.change('wrangler.toml', (text) => text.replace(line, ''))
    expect(output).toMatch(/^MAX_OPEN_ORDERS must be a whole number/)
  })

  it('refuses a stand-in for Stripe', async () => {
    rehearsal.change('wrangler.toml', (text) =>
      text.replace('[vars]\n', '[vars]\nSTRIPE_API = "http://127.0.0.1:8788"\n'),
    )
    const { status, output } = await rehearsal.npm('deploy')
    expect([status, output]).toEqual([1, expect.stringMatching(/^wrangler.toml has STRIPE_API/)])
  })
})

it('a command refuses an environment that wrangler.toml lacks', async () => {
  for (const args of [
    ['deploy'],
    ['integrity', '--remote'],
    ['create-admin', '--email=a@example.com', '--remote'],
  ]) {
    const [script, ...options] = args
    const { status, output } = await rehearsal.npm(script!, [...options, '--env', 'stagign'])
    expect([status, output]).toEqual([1, 'wrangler.toml has no environment "stagign". It has: staging.\n'])
  }
})

it('a command names the line of wrangler.toml that has no valid syntax', async () => {
  const line = 'MAIL_FROM = Shop <orders@shop.example>\n'
  rehearsal.change('wrangler.toml', (text) => line + text)
  for (const args of [['deploy'], ['start'], ['integrity', '--remote'], ['integrity']]) {
    const { status, output } = await rehearsal.npm(args[0]!, args.slice(1))
    expect([status, output]).toEqual([1, 'wrangler.toml, line 1: Invalid TOML document: invalid value\n'])
  }
  rehearsal.change('wrangler.toml', (text) => text.slice(line.length))
})

it.each(['deploy', 'smoke'])('%s refuses an address without a scheme', async (script) => {
  for (const url of ['shop.example.com', 'localhost:8787']) {
    const { status, output } = await rehearsal.npm(script, ['--url', url])
    expect([status, output]).toEqual([1, expect.stringMatching(/^--url takes an address that starts with/)])
  }
})

it('the shop on this machine stays when a database_id is added to wrangler.toml', async () => {
  await rehearsal.npm('create-admin', ['--email', 'ann@example.com'])
  rehearsal.change('wrangler.toml', (text) =>
    text.replace('database_name = "kiosk"', '$&\ndatabase_id = "11111111-2222-3333-4444-555555555555"'),
  )
  const { output } = await rehearsal.npm('create-admin', ['--email', 'ann@example.com'])
  expect(output).toBe('ann@example.com is staff. Its password is unchanged.\n')
})

it('create-admin makes a customer with an unconfirmed e-mail staff only with a new password', async () => {
  const email = 'ann@example.com'
  await rehearsal.npm('create-admin', ['--email', email])
  await rehearsal.npm('create-admin', ['--email', email, '--revoke']) // a customer whose e-mail is not confirmed
  const { status, output } = await rehearsal.npm('create-admin', ['--email', email])
  expect([status, output]).toEqual([
    1,
    expect.stringMatching(/^Somebody has registered with ann@example.com, .* --password\.\n$/s),
  ])
  const given = await rehearsal.npm('create-admin', ['--email', email, '--password', 'correct horse battery'])
  expect(given).toMatchObject({ status: 0, output: expect.stringContaining('every session has ended') })
})
