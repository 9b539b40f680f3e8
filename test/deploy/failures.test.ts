import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Refusal } from './cloudflare/api.ts'
import { SECRET, useRehearsal } from './rehearsal.ts'

describe('a deploy that is cut off, then refused', () => {
  const rehearsal = useRehearsal()
  const applied = () => rehearsal.cloudflare.d1.rows('kiosk', 'SELECT name FROM d1_migrations')

  it('uploads nothing when the system kills wrangler before the migrations', async () => {
    const { cloudflare } = rehearsal
    cloudflare.workers.createDraft('kiosk', SECRET)
    const before = cloudflare.workers.servingMetadata('kiosk')
    const killed = { NODE_OPTIONS: `--import=${join(import.meta.dirname, 'kill-migrations.ts')}` }
    const { status, output } = await rehearsal.npm('deploy', [], killed)
    expect(output).toContain('The migrations could not all be applied')
    expect(output).toContain('Wrangler was ended by SIGKILL.')
    expect(status).toBe(1)
    expect(cloudflare.workers.servingMetadata('kiosk')).toBe(before)
  })

  it('leaves the migrations applied so far when the connection is cut in one', async () => {
    const { cloudflare } = rehearsal
    // Two calls find out which migrations are missing.
    cloudflare.failOnce({ call: 'POST /query', after: 3 })
    const { status, output } = await rehearsal.npm('deploy')
    expect(output).toContain('The migrations could not all be applied')
    expect(status).toBe(1)
    expect(applied()).toHaveLength(1)
  })

  it('goes on from there; the old code stays live when the upload is refused', async () => {
    const { cloudflare } = rehearsal
    const before = cloudflare.workers.servingMetadata('kiosk')
    const refusal = new Refusal(400, 10021, 'Script startup exceeded CPU time limit.')
    cloudflare.failOnce({ call: 'PUT /workers/scripts/kiosk', refusal })
    const { status, output } = await rehearsal.npm('deploy')
    expect(output).toContain('The new code was not deployed')
    expect(output).toContain('still live')
    expect(status).toBe(1)
    expect(applied()).toHaveLength(readdirSync('migrations').length)
    expect(cloudflare.workers.servingMetadata('kiosk')).toBe(before)
  })

  it('says what to do when the account has no R2', async () => {
    const refusal = new Refusal(403, 10042, 'Please enable R2 through the Cloudflare Dashboard.')
    rehearsal.cloudflare.r2.names.length = 0
    rehearsal.cloudflare.failOnce({ call: 'POST /buckets', refusal })
    const { status, output } = await rehearsal.npm('deploy')
    expect(output).toContain('Turn R2 on in the dashboard of Cloudflare')
    expect(status).toBe(1)
  })

  it('finds the database, the namespace and the bucket that were made before', async () => {
    const { cloudflare } = rehearsal
    cloudflare.r2.names.push('kiosk-pictures')
    const { status, output } = await rehearsal.npm('deploy')
    expect(output).toContain('The shop is running')
    expect(status).toBe(0)
    expect([cloudflare.d1.names, cloudflare.kv.titles]).toEqual([['kiosk'], ['kiosk-revoked-sessions']])
    expect(cloudflare.r2.names).toEqual(['kiosk-pictures'])
  })

  it('migrates nothing for code that does not build', async () => {
    const { calls } = rehearsal.cloudflare
    const before = calls.length
    rehearsal.write('migrations/9999_more.sql', 'CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT;')
    rehearsal.change('src/index.ts', (text) => `${text}\nimport './nowhere.ts'\n`)
    const { status, output } = await rehearsal.npm('deploy')
    expect(output).toContain('The Worker does not build. Nothing was changed on Cloudflare.')
    expect(output).toContain('./nowhere.ts')
    expect([status, calls.slice(before)]).toEqual([1, []])
  })
})

describe('a shop with other names and existing resources', () => {
  const rehearsal = useRehearsal()

  it('reports that the code is live if only the schedules fail', async () => {
    const { cloudflare } = rehearsal
    rehearsal.change('wrangler.toml', (text) =>
      text
        .replace('name = "kiosk"', 'name = "corner"')
        .replace('database_name = "kiosk"', 'database_name = "goods"'),
    )
    cloudflare.d1.create('goods')
    const namespace_id = cloudflare.kv.create('made by hand')
    const binding = { name: 'REVOKED_SESSIONS', type: 'kv_namespace', namespace_id }
    cloudflare.workers.createDraft('corner', { JWT_SECRET: 'short' }, [binding])
    const refusal = new Refusal(400, 10100, 'invalid cron string')
    cloudflare.failOnce({ call: 'PUT /schedules', refusal })
    const { status, output } = await rehearsal.npm('deploy')
    expect(output).toContain('The new code is live, on a database that is ready for it.')
    expect(output).toContain('invalid cron string')
    expect(status).toBe(1)
    expect([cloudflare.d1.names, cloudflare.kv.titles]).toEqual([['goods'], ['made by hand']])
  })

  it('sets them up when it is deployed again, and says that a secret is too short to serve', async () => {
    const { status, output } = await rehearsal.npm('deploy')
    const { kv, workers } = rehearsal.cloudflare
    expect(workers.scripts.get('corner')!.crons).toHaveLength(2)
    expect(kv.titles).toEqual(['made by hand'])
    expect(output).toContain('its JWT_SECRET is shorter than 32 bytes')
    expect(output).toContain('npx wrangler secret put JWT_SECRET')
    expect(status).toBe(1)
  })
})
