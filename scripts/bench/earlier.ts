import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { fail } from '../cli/options.ts'
import type { Bundles } from './build.ts'
import type { Route } from './routes.ts'
import type { Shop } from './shop.ts'

/** The Worker of an earlier commit. */
export interface Earlier {
  commit: string
  routes: Route[]
  openShop(
    products: number,
    folder: string,
    progress: (what: string, milestone: boolean) => void,
    settings: { limits: boolean },
  ): Promise<Shop>
}

/**
 * Bundles an earlier commit. Its own scripts bundle it and fill its shop, since its tables and settings may differ;
 * they take the dependencies that are installed now.
 */
export async function checkOut(commit: string, folder: string): Promise<Earlier> {
  const tree = join(folder, 'earlier')
  mkdirSync(tree)
  try {
    const archive = execFileSync('git', ['archive', commit], { maxBuffer: 2 ** 30 })
    execFileSync('tar', ['-x', '-C', tree], { input: archive })
  } catch {
    fail(`${commit} could not be checked out: --against takes a commit of this repository, or none.`)
  }
  symlinkSync(join(process.cwd(), 'node_modules'), join(tree, 'node_modules'))
  const from = async <Module>(file: string) =>
    (await import(pathToFileURL(join(tree, 'scripts/bench', file)).href)) as Module
  const { build } = await from<typeof import('./build.ts')>('build.ts')
  const { openShop } = await from<typeof import('./shop.ts')>('shop.ts')
  const { ROUTES } = await from<typeof import('./routes.ts')>('routes.ts')
  const bundles = await within(tree, (): Bundles => build(folder))
  return {
    commit: execFileSync('git', ['rev-parse', '--short', commit], { encoding: 'utf8' }).trim(),
    routes: ROUTES,
    openShop: (products, database, progress, settings) =>
      within(tree, () => openShop(products, bundles, database, progress, settings)),
  }
}

/** Its scripts name files from the root of the repository. */
async function within<Result>(folder: string, act: () => Result | Promise<Result>): Promise<Result> {
  const before = process.cwd()
  process.chdir(folder)
  try {
    return await act()
  } finally {
    process.chdir(before)
  }
}
