import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type BuildOptions, buildSync, context, type OutputFile, type PluginBuild, stop } from 'esbuild'
import { MIN_LENGTH } from '../../src/auth/password-rules.ts'
import { foldCase } from '../../src/text.ts'

const { resolve } = createRequire(import.meta.url)

/**
 * Generates the static files that come from npm packages and from src; git ignores them. Writes only what has
 * changed: a running wrangler dev watches the folder and restarts the Worker after each write.
 */
export default function ensureStaticFiles(): void {
  ensureViewer()
  ensureCommonPasswords()
  writeBundles(buildSync(BUNDLES).outputFiles)
}

/**
 * ES modules for browsers. Their source maps are public, so that front-end developers can step through the
 * client: they hold src/client and src/demo, which contain no secrets.
 */
const BUNDLES = {
  entryPoints: { client: 'src/client/kiosk.ts', shop: 'src/demo/shop.ts' },
  outdir: 'public',
  bundle: true,
  minify: true,
  sourcemap: true,
  format: 'esm',
  target: 'es2022',
  logLevel: 'warning',
  write: false,
} as const satisfies BuildOptions

/** Rebuilds the bundles when their sources change, as long as this process runs. */
export async function watchBundles(): Promise<void> {
  const writing = {
    name: 'write-bundles',
    setup: ({ onEnd }: PluginBuild) => onEnd(({ outputFiles = [] }) => writeBundles(outputFiles)),
  }
  await (await context({ ...BUNDLES, plugins: [writing] })).watch()
  process.on('exit', () => void stop()) // its own process would go on watching
}

function writeBundles(files: readonly OutputFile[]): void {
  for (const { path, contents } of files) writeIfChanged(path, contents)
}

function writeIfChanged(path: string, contents: Uint8Array): void {
  if (!existsSync(path) || !readFileSync(path).equals(contents)) writeFileSync(path, contents)
}

const VIEWER_FILES = ['swagger-ui.css', 'swagger-ui-bundle.js']
const VIEWER = 'public/swagger-ui'

/** The files of the API viewer, so that /docs needs no CDN. */
function ensureViewer(): void {
  const source = dirname(resolve('swagger-ui-dist/package.json'))
  mkdirSync(VIEWER, { recursive: true })
  for (const file of VIEWER_FILES) writeIfChanged(join(VIEWER, file), readFileSync(join(source, file)))
}

const LISTED = 10_000

/** The most common passwords that are long enough, in order, from @zxcvbn-ts/language-common (MIT). */
function commonPasswords(): string[] {
  const source = join(dirname(resolve('@zxcvbn-ts/language-common')), '../src/passwords.json')
  const passwords = JSON.parse(readFileSync(source, 'utf8')) as string[]
  return passwords.filter((password) => password.length >= MIN_LENGTH).slice(0, LISTED)
}

/** One password a line, as the Worker reads them. */
function ensureCommonPasswords(): void {
  writeIfChanged('public/common-passwords.txt', Buffer.from(commonPasswords().join('\n')))
}

/** The same rule as in the Worker. */
export function isCommon(password: string): boolean {
  return commonPasswords().includes(foldCase(password))
}
