import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { buildSync } from 'esbuild'
import { fail, optionsOf } from '../cli/options.ts'

const HELP = `Builds the package's export kiosk/client: an ES module and its types, in dist. npm runs this when it prepares
the package.

  node scripts/build/pack-client.ts`

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
if (status !== 0) fail(`tsc could not build the types:\n${stdout}`)
