import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fail } from '../local.ts'
import { wrangler } from '../wrangler.ts'

/** Two Workers, each bundled to one script. */
export interface Bundles {
  kiosk: string
  floors: string
}

/** Bundles and minifies as `npm run deploy` does. */
export function build(folder: string): Bundles {
  return { kiosk: bundle('src/index.ts', folder), floors: bundle('scripts/bench/floors.ts', folder) }
}

function bundle(main: string, folder: string): string {
  const outdir = join(folder, 'bundles')
  const { ok, output } = wrangler(['deploy', main, '--dry-run', '--minify', `--outdir=${outdir}`])
  if (!ok) fail(`${main} could not be bundled:\n${output}`)
  return readFileSync(join(outdir, `${basename(main, '.ts')}.js`), 'utf8')
}
