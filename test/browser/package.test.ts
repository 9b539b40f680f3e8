import { execFileSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** A program in a project that has installed the package; its mistakes must be type errors. */
const PROGRAM = `
import { type Cart, kiosk, Problem } from 'kiosk/client'

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
const PLATFORM = ['--target', 'es2022', '--lib', 'es2022,dom,dom.iterable', '--types', '']

describe('the package', () => {
  let project: string
  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), 'kiosk-package-'))
    const installed = join(project, 'node_modules/kiosk')
    mkdirSync(installed, { recursive: true })
    execFileSync('npm', ['pack', `--pack-destination=${project}`], { stdio: 'pipe' })
    const tarball = globSync('*.tgz', { cwd: project })[0]!
    execFileSync('tar', ['-xzf', join(project, tarball), '-C', installed, '--strip-components=1'])
    symlinkSync(resolve('node_modules/zod'), join(project, 'node_modules/zod'))
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(project, 'program.ts'), PROGRAM)
  })
  afterAll(() => rmSync(project, { recursive: true, force: true }))

  it.each(['bundler', 'nodenext'])(
    'has types that need only zod, with module resolution %s',
    (resolution) => {
      const found = ['--moduleResolution', resolution, '--module', resolution.replace('bundler', 'esnext')]
      const tsc = [resolve('node_modules/typescript/bin/tsc'), ...STRICT, ...PLATFORM, ...found, 'program.ts']
      expect(run(tsc)).toBe('')
    },
  )

  it('has a client that runs', () => {
    expect(run(['program.ts'])).toBe('POST https://shop.example/api/orders/create/ 2.00\n')
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
