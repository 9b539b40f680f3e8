import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { required } from '../wrangler/advice.ts'
import { wrangler } from '../wrangler/wrangler.ts'

/** Two Workers, each bundled to one script. */
export interface Bundles {
  kiosk: string
  baselines: string
}

/** Bundles and minifies as `npm run deploy` does. */
export function build(folder: string): Bundles {
  return { kiosk: bundle('src/index.ts', folder), baselines: bundle('scripts/bench/baselines.ts', folder) }
}

function bundle(main: string, folder: string): string {
  const outdir = join(folder, 'bundles')
  required(
    wrangler(['deploy', main, '--dry-run', '--minify', `--outdir=${outdir}`]),
    `${main} could not be bundled.`,
  )
  return readFileSync(join(outdir, `${basename(main, '.ts')}.js`), 'utf8')
}
