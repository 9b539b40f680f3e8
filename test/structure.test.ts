import { describe, expect, it } from 'vitest'

/**
 * The structure of the project: a file imports from its own storey, or from one below it. What stands on
 * one line knows nothing of its neighbours. Types count: a type from above is knowledge of it.
 */
const STOREYS = [
  ['test'],
  ['scripts'],
  ['src/demo'],
  ['src/client'],
  ['src/index.ts'],
  ['src/app.ts'],
  ['src/live'],
  ['src/orders'],
  ['src/cart'],
  ['src/accounts', 'src/catalog', 'src/meta', 'src/integrity', 'src/audit-log', 'src/maintenance'],
  ['src/auth'],
  ['src/events'],
  ['src/http', 'src/openapi'],
  ['src/db'],
  ['src/env.ts', 'src/errors.ts', 'src/money.ts', 'src/text.ts'],
]

const files = import.meta.glob<string>(['../{src,scripts,test}/**/*.{ts,js}', '!**/*.d.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
})
const sources = new Map(Object.entries(files).map(([path, source]) => [pathOf(path, 'test/'), source]))
const paths = [...sources.keys()]

interface Import {
  /** From the root of the project. */
  path: string
  isType: boolean
}

function pathOf(target: string, from: string): string {
  return new URL(target, `http://project/${from}`).pathname.slice(1)
}

/** The files of the project that a file imports. */
function importsOf(path: string): Import[] {
  const statements = sources.get(path)!.matchAll(/^(?:import|export)( type)?\b[^'"]*?(?:from )?'(\.[^']+)'/gm)
  return [...statements]
    .map(([, type, target]) => ({ path: pathOf(target!, path), isType: type !== undefined }))
    .filter((imported) => sources.has(imported.path))
}

/** The place of a file: its storey, counted from the top, and its folder or file there. */
function placeOf(path: string): { storey: number; place: string } {
  const holds = (place: string) => path === place || path.startsWith(`${place}/`)
  const storey = STOREYS.findIndex((places) => places.some(holds))
  return { storey, place: STOREYS[storey]?.find(holds) ?? '' }
}

/** The first circle of imports that is found from these files; undefined when there is none. */
function circleAmong(nodes: readonly string[], next: (node: string) => string[]): string[] | undefined {
  const done = new Set<string>()
  const walk = (node: string, trail: string[]): string[] | undefined => {
    if (trail.includes(node)) return [...trail.slice(trail.indexOf(node)), node]
    if (done.has(node)) return undefined
    for (const target of next(node)) {
      const circle = walk(target, [...trail, node])
      if (circle) return circle
    }
    done.add(node)
    return undefined
  }
  for (const node of nodes) {
    const circle = walk(node, [])
    if (circle) return circle
  }
  return undefined
}

/** What breaks a rule: a line for each import that `isAllowed` says no to. */
function violations(
  from: (path: string) => boolean,
  isAllowed: (path: string, imported: Import) => boolean,
): string[] {
  return paths.filter(from).flatMap((path) =>
    importsOf(path)
      .filter((imported) => !isAllowed(path, imported))
      .map((imported) => `${path} imports ${imported.path}`),
  )
}

const isIn = (folder: string) => (path: string) => path.startsWith(`${folder}/`)

describe('the structure', () => {
  it('has a storey for every file', () => {
    expect(paths.filter((path) => placeOf(path).storey < 0)).toEqual([])
    expect(paths.length).toBeGreaterThan(200)
  })

  it('has no import run up or to a neighbour', () => {
    const runsDown = (path: string, { path: target }: Import) => {
      const [own, other] = [placeOf(path), placeOf(target)]
      return other.storey > own.storey || (other.storey === own.storey && other.place === own.place)
    }
    expect(violations(() => true, runsDown)).toEqual([])
  })

  it('has no circle of files', () => {
    expect(circleAmong(paths, (path) => importsOf(path).map(({ path: target }) => target))).toBeUndefined()
  })

  it('has the client take nothing but types from the shop', () => {
    const isTypeOrOwn = (_: string, { path, isType }: Import) => isType || isIn('src/client')(path)
    expect(violations(isIn('src/client'), isTypeOrOwn)).toEqual([])
  })

  it('has the demo shop know the client alone', () => {
    const isClientOrOwn = (_: string, { path }: Import) =>
      path === 'src/client/kiosk.ts' || isIn('src/demo')(path)
    expect(violations(isIn('src/demo'), isClientOrOwn)).toEqual([])
  })

  it('keeps out of the Worker what only the OpenAPI document needs', () => {
    const describes = (path: string) => /^src\/openapi\/|\/openapi\.ts$/.test(path)
    const isTypeOrOther = (_: string, { path, isType }: Import) => isType || !describes(path)
    expect(violations((path) => path.startsWith('src/') && !describes(path), isTypeOrOther)).toEqual([])
  })

  it('keeps Hono to routes, middleware and the app', () => {
    const mayKnow = /^src\/(app\.ts|auth\/require\.ts|http\/)|routes\.ts$/
    const knowing = paths.filter(
      (path) =>
        path.startsWith('src/') &&
        !mayKnow.test(path) &&
        /^import (?!type).*from 'hono(?!\/jwt)/m.test(sources.get(path)!),
    )
    expect(knowing).toEqual([])
  })

  it('brings no locales of zod', () => {
    const all = paths.filter((path) => /import \{.*\bz\b.*\} from 'zod'/.test(sources.get(path)!))
    expect(all).toEqual([])
  })
})
