import { describe, expect, it } from 'vitest'

/**
 * The structure of the project: a file imports from its own folder, or from a layer below. Folders on one line
 * must not import each other. Type imports count as well. A file belongs to the most specific place that holds it.
 */
const LAYERS = [
  ['test'],
  ['scripts/bench', 'scripts/stress', 'scripts/rehearsals'],
  ['scripts/sandbox'],
  ['scripts'], // the operators' commands
  ['scripts/backup', 'scripts/deploy', 'scripts/start', 'scripts/smoke', 'scripts/build', 'scripts/openapi'],
  ['scripts/database'],
  ['scripts/wrangler'],
  ['scripts/pretend-stripe'],
  ['scripts/cli'],
  ['src/demo'],
  ['src/client'],
  ['src/index.ts'],
  ['src/app.ts'],
  ['src/recovery'],
  ['src/live', 'src/maintenance', 'src/mail', 'src/spreadsheets', 'src/personal-data', 'src/webhooks'],
  ['src/payments'],
  ['src/orders'],
  ['src/cart', 'src/delivery', 'src/pictures'],
  ['src/accounts', 'src/catalog', 'src/meta', 'src/integrity', 'src/audit-log'],
  ['src/auth'],
  ['src/events'],
  ['src/openapi'],
  ['src/http'],
  ['src/db'],
  ['src/settings.ts', 'src/email.ts', 'src/contained-tax.ts'],
  [
    'src/env.ts',
    'src/errors.ts',
    'src/country.ts',
    'src/currency.ts',
    'src/money.ts',
    'src/text.ts',
    'src/hmac.ts',
    'src/unused-parts.ts',
  ],
  ['src/field-errors.ts'],
]

const files = import.meta.glob<string>(['../{src,scripts,test}/**/*.{ts,js}', '!**/*.d.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
})
const sources = new Map(Object.entries(files).map(([path, source]) => [pathOf(path, 'test/'), source]))
const paths = [...sources.keys()]

interface Project {
  include: string[]
  /** By default that of the root, and relative to it. */
  exclude?: string[]
}

/** What `npm run check` compiles, by the path of its tsconfig.json. */
const projects = new Map(
  Object.entries(
    import.meta.glob<Project>('../{,scripts/,src/demo/}tsconfig.json', { import: 'default', eager: true }),
  ).map(([path, project]) => [pathOf(path, 'test/'), project]),
)

interface Import {
  /** Relative to the root of the project. */
  path: string
  isType: boolean
}

function pathOf(target: string, from: string): string {
  return new URL(target, `http://project/${from}`).pathname.slice(1)
}

function isTypeChecked(path: string): boolean {
  const isIn = (folders: string[], from: string) =>
    folders.some((folder) => `${path}/`.startsWith(pathOf(`${folder}/`, from)))
  const root = 'tsconfig.json'
  return [...projects].some(
    ([from, { include, exclude }]) =>
      isIn(include, from) && !(exclude ? isIn(exclude, from) : isIn(projects.get(root)!.exclude!, root)),
  )
}

/** The files of the project that a file imports. */
function importsOf(path: string): Import[] {
  const statements = sources.get(path)!.matchAll(/^(?:import|export)( type)?\b[^'"]*?(?:from )?'(\.[^']+)'/gm)
  return [...statements]
    .map(([, type, target]) => ({ path: pathOf(target!, path), isType: type !== undefined }))
    .filter((imported) => sources.has(imported.path))
}

/** The place of a file: its layer, counted from the top, and its folder or file in it. */
function placeOf(path: string): { layer: number; place: string } {
  const containing = LAYERS.flat().filter((each) => path === each || path.startsWith(`${each}/`))
  const place = containing.toSorted((one, other) => other.length - one.length)[0] ?? ''
  return { layer: LAYERS.findIndex((places) => places.includes(place)), place }
}

/** The first import cycle found from these files; undefined if there is none. */
function cycleAmong(nodes: readonly string[], next: (node: string) => string[]): string[] | undefined {
  const done = new Set<string>()
  const walk = (node: string, trail: string[]): string[] | undefined => {
    if (trail.includes(node)) return [...trail.slice(trail.indexOf(node)), node]
    if (done.has(node)) return undefined
    for (const target of next(node)) {
      const cycle = walk(target, [...trail, node])
      if (cycle) return cycle
    }
    done.add(node)
    return undefined
  }
  for (const node of nodes) {
    const cycle = walk(node, [])
    if (cycle) return cycle
  }
  return undefined
}

/** The violations of a rule: a line for each import that `isAllowed` refuses. */
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

/** Files that are only for the OpenAPI document. */
const describes = (path: string) => /^src\/openapi\/|\/openapi\.ts$/.test(path)

describe('the structure', () => {
  it('has every file in a TypeScript project that `npm run check` checks', () => {
    expect(paths.filter((path) => path.endsWith('.ts') && !isTypeChecked(path))).toEqual([])
  })

  it('has a layer for every file', () => {
    expect(paths.filter((path) => placeOf(path).layer < 0)).toEqual([])
    expect(paths.length).toBeGreaterThan(200)
  })

  it('has no import of a higher layer or a neighbour', () => {
    const pointsDown = (path: string, { path: target }: Import) => {
      const [own, other] = [placeOf(path), placeOf(target)]
      return other.layer > own.layer || (other.layer === own.layer && other.place === own.place)
    }
    expect(violations(() => true, pointsDown)).toEqual([])
  })

  it('has no import cycle', () => {
    expect(cycleAmong(paths, (path) => importsOf(path).map(({ path: target }) => target))).toBeUndefined()
  })

  it('lets the client import nothing of the shop, so that its package needs nothing else', () => {
    expect(violations(isIn('src/client'), (_, { path }) => isIn('src/client')(path))).toEqual([])
  })

  it('lets the demo shop import only the client', () => {
    const isClientOrOwn = (_: string, { path }: Import) =>
      path === 'src/client/kiosk.ts' || isIn('src/demo')(path)
    expect(violations(isIn('src/demo'), isClientOrOwn)).toEqual([])
  })

  it('keeps the parts for the OpenAPI document out of the Worker', () => {
    const isTypeOrOther = (_: string, { path, isType }: Import) => isType || !describes(path)
    expect(violations((path) => path.startsWith('src/') && !describes(path), isTypeOrOther)).toEqual([])
  })

  it('keeps the descriptions of fields out of the Worker', () => {
    const describing = paths.filter(
      (path) =>
        path.startsWith('src/') && !describes(path) && /\.meta\([^)]*\bdescription:/.test(sources.get(path)!),
    )
    expect(describing).toEqual([])
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

  it('bundles no zod locales', () => {
    const all = paths.filter((path) => /import \{.*\bz\b.*\} from 'zod'/.test(sources.get(path)!))
    expect(all).toEqual([])
  })
})
