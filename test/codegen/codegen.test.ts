import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/**
 * Kept generators turn the document into code that compiles. They need a TypeScript with the old compiler's API, so
 * they have a manifest and a lockfile of their own, and only this test installs them.
 */

/** Programs that use the generated code; their mistakes must be type errors. */
const PROGRAMS = {
  'openapi-typescript': `
import type { components, operations } from './openapi-typescript.ts'

export const query: operations['listProducts']['parameters']['query'] = { category: ['Tea'], in_stock: 'true' }
export const totalOf = (cart: components['schemas']['Cart']): string => cart.grand_total
export type Placed = operations['placeOrder']['responses'][201]['content']['application/json']
export const statusOf = ({ status }: Placed): 'Pending' | 'Shipped' | 'Delivered' | 'Cancelled' => status
// @ts-expect-error there is no such ordering
export const wrong: operations['listProducts']['parameters']['query'] = { ordering: 'colour' }
// @ts-expect-error a product has no colour
export const colourOf = (product: components['schemas']['Product']) => product.colour
`,
  '@hey-api/openapi-ts': `
import { listProducts, placeOrder, updateProfile } from './hey-api/index.ts'

const { data } = await listProducts({ query: { category: ['Tea'], in_stock: 'true' } })
export const stock: number | undefined = data?.results[0]?.stock
const placed = await placeOrder({ body: { expected_total: '1.00' } })
export const status: 'Pending' | 'Shipped' | 'Delivered' | 'Cancelled' | undefined = placed.data?.status
export const code: string | undefined = placed.error?.code
await updateProfile({ body: { phone: '1' } })
// @ts-expect-error a phone is a text
await updateProfile({ body: { phone: 1 } })
`,
}

const STRICT = ['--noEmit', '--strict', '--noUncheckedIndexedAccess', '--skipLibCheck', 'false']
const PLATFORM = ['--target', 'es2022', '--lib', 'es2022,dom,dom.iterable', '--types', '']
const MODULES = ['--module', 'esnext', '--moduleResolution', 'bundler', '--allowImportingTsExtensions']

describe('the code that a generator makes of openapi.json compiles:', () => {
  const document = resolve('public/openapi.json')
  let project: string
  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), 'kiosk-generators-'))
    for (const file of ['package.json', 'package-lock.json']) {
      copyFileSync(join('test/codegen', file), join(project, file))
    }
    execFileSync('npm', ['ci', '--ignore-scripts', '--prefer-offline'], { cwd: project, stdio: 'pipe' })
  })
  afterAll(() => rmSync(project, { recursive: true, force: true }))

  it.each([
    ['openapi-typescript', ['openapi-typescript/bin/cli.js', document, '-o', 'openapi-typescript.ts']],
    ['@hey-api/openapi-ts', ['@hey-api/openapi-ts/bin/run.js', '-i', document, '-o', 'hey-api']],
  ] as const)('%s', (name, [script, ...args]) => {
    run([join('node_modules', script), ...args])
    writeFileSync(join(project, 'program.ts'), PROGRAMS[name])
    const tsc = resolve('node_modules/typescript/bin/tsc')
    expect(run([tsc, ...STRICT, ...PLATFORM, ...MODULES, 'program.ts'])).toBe('')
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
