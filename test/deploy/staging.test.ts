import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unstable_readConfig } from 'wrangler'
import { expect, it, onTestFinished, vi } from 'vitest'

/** As far as environments do not inherit it. */
interface Environment {
  name: string
  vars: Record<string, unknown>
  d1_databases: { binding: string; database_name: string; database_id?: string; migrations_dir: string }[]
  kv_namespaces: { binding: string; id?: string }[]
  r2_buckets: { binding: string; bucket_name?: string; jurisdiction?: string }[]
  ratelimits: { name: string; namespace_id: string; simple: object }[]
  durable_objects: { bindings: object[] }
  [property: string]: unknown
}

/** What may differ: names, and what is one shop's own. */
const OWN = [
  'name',
  'targetEnvironment',
  'vars',
  'routes',
  'workers_dev',
  'd1_databases',
  'kv_namespaces',
  'r2_buckets',
  'ratelimits',
]

const production: Environment = unstable_readConfig({ config: 'wrangler.toml', env: '' })
const staging: Environment = unstable_readConfig({ config: 'wrangler.toml', env: 'staging' })

it('staging has every setting of production', () => {
  const settings = ({ ...all }: Environment) => {
    for (const property of OWN) delete all[property]
    return all
  }
  expect(settings(staging)).toEqual(settings(production))
})

it('staging has the bindings and limits of production', () => {
  const bindings = ({ d1_databases, kv_namespaces, r2_buckets, ratelimits }: Environment) => ({
    databases: d1_databases.map(({ binding, migrations_dir }) => ({ binding, migrations_dir })),
    namespaces: kv_namespaces.map(({ binding }) => binding),
    buckets: r2_buckets.map(({ binding, jurisdiction }) => ({ binding, jurisdiction })),
    limits: ratelimits.map(({ name, simple }) => ({ name, simple })),
  })
  expect(bindings(staging)).toEqual(bindings(production))
})

it('staging has a name, a database, namespaces and limits of its own', () => {
  const ids = ({ d1_databases, kv_namespaces, r2_buckets, ratelimits }: Environment) => [
    ...d1_databases.flatMap(({ database_name, database_id }) => [database_name, database_id ?? []].flat()),
    ...kv_namespaces.flatMap(({ id }) => id ?? []),
    ...r2_buckets.flatMap(({ bucket_name }) => bucket_name ?? []),
    ...ratelimits.map(({ namespace_id }) => namespace_id),
  ]
  const all = [...ids(production), ...ids(staging)]
  expect(all.filter((id, index) => all.indexOf(id) !== index)).toEqual([])
  expect(staging.name).not.toBe(production.name)
})

it('the custom domain of docs/operations.md is one of production alone', () => {
  const [, section] = readFileSync('docs/operations.md', 'utf8').split('\n## Custom domain\n')
  const [, lines] = /```toml\n(.*?)```/s.exec(section!)!
  const [before, ...after] = readFileSync('wrangler.toml', 'utf8').split('workers_dev = true\n')
  const folder = mkdtempSync(join(tmpdir(), 'kiosk-custom-domain-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const config = join(folder, 'wrangler.toml')
  writeFileSync(config, [before, lines!.replace(/^ +/gm, ''), after.join('workers_dev = true\n')].join(''))
  const warn = vi.spyOn(console, 'warn')
  const [ofProduction, ofStaging] = ['', 'staging'].map((env): Environment =>
    unstable_readConfig({ config, env }),
  )
  expect(warn).not.toHaveBeenCalled()
  expect(ofProduction).toMatchObject({
    routes: [{ pattern: 'shop.example.com', custom_domain: true }],
    workers_dev: false,
    vars: production.vars,
  })
  expect(ofStaging).toMatchObject({ routes: [], workers_dev: true })
})
