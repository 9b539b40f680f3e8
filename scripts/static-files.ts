import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type BuildOptions, buildSync, context, type OutputFile, type PluginBuild } from 'esbuild'
import { MIN_LENGTH } from '../src/auth/password-rules.ts'
import { foldCase } from '../src/text.ts'

const { resolve } = createRequire(import.meta.url)

/**
 * Makes the static files that are made: from npm packages and from src. Git ignores them. One that is as it
 * should be is not written: a running wrangler dev watches the folder and restarts the Worker at each write.
 */
export default function provideStaticFiles(): void {
  provideViewer()
  provideCommonPasswords()
  writeBundles(buildSync(BUNDLES).outputFiles)
}

/**
 * ES modules for browsers. Their source maps are public with them, so that whoever builds a front end can step
 * through the client: they hold src/client and src/demo, in which there is nothing to hide.
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

/** Makes the bundles again whenever what they are made of changes, for as long as this process lives. */
export async function watchBundles(): Promise<void> {
  const writing = {
    name: 'write-bundles',
    setup: ({ onEnd }: PluginBuild) => onEnd(({ outputFiles = [] }) => writeBundles(outputFiles)),
  }
  await (await context({ ...BUNDLES, plugins: [writing] })).watch()
}

function writeBundles(files: readonly OutputFile[]): void {
  for (const { path, contents } of files) writeIfChanged(path, contents)
}

function writeIfChanged(path: string, contents: Uint8Array): void {
  if (!existsSync(path) || !readFileSync(path).equals(contents)) writeFileSync(path, contents)
}

const VIEWER_FILES = ['swagger-ui.css', 'swagger-ui-bundle.js']
const VIEWER = 'public/swagger-ui'

/** The API viewer's own files: /docs needs no CDN. */
function provideViewer(): void {
  const source = dirname(resolve('swagger-ui-dist/package.json'))
  mkdirSync(VIEWER, { recursive: true })
  for (const file of VIEWER_FILES) {
    if (!existsSync(join(VIEWER, file))) copyFileSync(join(source, file), join(VIEWER, file))
  }
}

const MOST_COMMON = 10_000

/** The commonest passwords that are long enough, commonest first, from @zxcvbn-ts/language-common (MIT). */
function commonPasswords(): string[] {
  const source = join(dirname(resolve('@zxcvbn-ts/language-common')), '../src/passwords.json')
  const passwords = JSON.parse(readFileSync(source, 'utf8')) as string[]
  return passwords.filter((password) => password.length >= MIN_LENGTH).slice(0, MOST_COMMON)
}

/** The Worker reads them one a line. */
function provideCommonPasswords(): void {
  writeIfChanged('public/common-passwords.txt', Buffer.from(commonPasswords().join('\n')))
}

/** As the Worker judges. */
export function isCommon(password: string): boolean {
  return commonPasswords().includes(foldCase(password))
}
