import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { buildSync } from 'esbuild'
import { fail, optionsOf } from './local.ts'

const HELP = `Makes what the package has for its users, import { kiosk } from 'kiosk/client': an ES module and its
types, in dist. npm prepares the package with it.

  node scripts/pack-client.ts`

optionsOf(HELP, {})

rmSync('dist', { recursive: true, force: true })
buildSync({
  entryPoints: { client: 'src/client/kiosk.ts' },
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  target: 'es2022',
  logLevel: 'warning',
})
const { status, stdout } = spawnSync('node_modules/.bin/tsc', ['-p', 'src/client'], { encoding: 'utf8' })
if (status !== 0) fail(`tsc could not make the types:\n${stdout}`)
