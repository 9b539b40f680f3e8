import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useBrowser } from './browser.ts'
import { SHOP } from './shop.ts'

/** A program in a project that has installed the package; its mistakes must be type errors. */
const PROGRAM = `
import { type Cart, kiosk, Problem } from 'kiosk-client'

const shop = kiosk('https://shop.example', {
  fetch: async ({ method, url }) => {
    const problem = { code: 'total_changed', detail: method + ' ' + url, total_price: '2.00' }
    const headers = { 'Content-Type': 'application/problem+json' }
    return new Response(JSON.stringify(problem), { status: 409, headers })
  },
})
export const quantityOf = (cart: Cart): number | undefined => cart.items[0]?.quantity
try {
  const { status } = await shop.orders.place({ expected_total: '1.00' })
  const known: 'Pending' | 'Shipped' | 'Delivered' | 'Cancelled' = status
  console.log(known)
} catch (error) {
  if (!(error instanceof Problem && error.is('total_changed'))) throw error
  const total: string = error.body.total_price
  console.log(error.message, total)
}
// @ts-expect-error there is no such status
export const lose = () => shop.admin.orders.move(1, 'Lost')
// @ts-expect-error a product has a price
export const give = () => shop.admin.products.create({ name: 'Mug', stock: 1, category: 1 })
`

const STRICT = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false']
const PLATFORMS = {
  browsers: ['--lib', 'es2022,dom,dom.iterable', '--types', ''],
  Workers: ['--lib', 'es2022', '--types', resolve('node_modules/@cloudflare/workers-types')],
}

const visit = useBrowser()

describe('the package of the client', () => {
  let project: string
  const installed = (file: string) => readFileSync(join(project, 'node_modules/kiosk-client', file), 'utf8')
  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), 'kiosk-package-'))
    execFileSync(process.execPath, ['scripts/build/pack-client.ts', '--to', project], { stdio: 'pipe' })
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(project, 'program.ts'), PROGRAM)
    const [tarball] = globSync('*.tgz', { cwd: project })
    const install = ['install', '--offline', '--engine-strict', `./${tarball!}`]
    execFileSync('npm', install, { cwd: project, stdio: 'pipe' })
  })
  afterAll(() => rmSync(project, { recursive: true, force: true }))

  it('is all that its installation brings along', () => {
    expect(readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
      'kiosk-client',
    ])
    const { dependencies, scripts } = JSON.parse(installed('package.json')) as Record<string, unknown>
    expect([dependencies, scripts]).toEqual([undefined, undefined])
  })

  it.each([
    ['bundler', 'browsers'],
    ['nodenext', 'browsers'],
    ['bundler', 'Workers'],
  ] as const)('has its types inside, with module resolution %s in %s', (resolution, platform) => {
    const found = ['--moduleResolution', resolution, '--module', resolution.replace('bundler', 'esnext')]
    const options = [...STRICT, '--target', 'es2022', ...PLATFORMS[platform], ...found]
    expect(run([resolve('node_modules/typescript/bin/tsc'), ...options, 'program.ts'])).toBe('')
  })

  it('runs in Node', () => {
    expect(run(['program.ts'])).toBe('POST https://shop.example/api/orders/create/ 2.00\n')
  })

  it('runs in a browser', async () => {
    const { page } = await visit(`${SHOP}/api/`) // without a policy, so that the module may be inline
    await page.route(`${SHOP}/kiosk-client.js`, (route) =>
      route.fulfill({ contentType: 'text/javascript', body: installed('client.js') }),
    )
    const program = `import('${SHOP}/kiosk-client.js').then(({ kiosk }) => kiosk('${SHOP}').products.list().first())`
    expect(await page.evaluate(`${program}.then(({ results }) => results.length)`)).toBeGreaterThan(0)
  })

  it('has a source map with its sources', () => {
    expect(installed('client.js')).toMatch(/\n\/\/# sourceMappingURL=client\.js\.map\n$/)
    const { sources, sourcesContent } = JSON.parse(installed('client.js.map')) as Record<string, string[]>
    const kiosk = sources!.findIndex((source) => source.endsWith('src/client/kiosk.ts'))
    expect(sourcesContent![kiosk]).toBe(readFileSync('src/client/kiosk.ts', 'utf8'))
  })

  it('has the reference of the repository (npm run client writes it)', () => {
    expect(installed('docs/client.md')).toBe(readFileSync('docs/client.md', 'utf8'))
  })

  /** The output of Node, even if it fails. */
  function run(args: string[]): string {
    try {
      return execFileSync(process.execPath, args, { cwd: project, encoding: 'utf8', stdio: 'pipe' })
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string }
      return stdout + stderr
    }
  }
})
