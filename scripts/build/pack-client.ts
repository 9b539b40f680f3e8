import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { buildSync } from 'esbuild'
import { fail, optionsOf } from '../cli/options.ts'
import { clientReference } from './client-reference.ts'

const HELP = `Packs the client as the npm package kiosk-client, without dependencies: an ES module with its source map, types and
reference. Writes kiosk-client-VERSION.tgz to this folder, and the reference to docs/client.md.

  npm run client
  npm run client -- --to FOLDER   writes the package to FOLDER, and no reference`

const { to } = optionsOf(HELP, { to: { type: 'string' } })

rmSync('dist', { recursive: true, force: true })
buildSync({
  entryPoints: { client: 'src/client/kiosk.ts' },
  outdir: 'dist',
  bundle: true,
  sourcemap: true,
  format: 'esm',
  target: 'es2022',
  logLevel: 'warning',
})
run('node_modules/.bin/tsc', ['-p', 'src/client'])
copyFileSync('src/client/package.json', 'dist/package.json')
copyFileSync('LICENSE', 'dist/LICENSE')
const [, section] = /\n(## A client\n.*?)\n## /s.exec(readFileSync('README.md', 'utf8'))!
writeFileSync('dist/README.md', `# kiosk-client\n\n${section}`)
mkdirSync('dist/docs')
writeFileSync(
  'dist/docs/client.md',
  `# Reference of the client

From its types: \`npm run client\` writes this page. The [README](../README.md#a-client) shows how to use it.

${await clientReference('dist/types')}`,
)
if (to === undefined) copyFileSync('dist/docs/client.md', 'docs/client.md')
run('npm', ['pack', './dist', `--pack-destination=${to ?? '.'}`])

function run(command: string, args: string[]): void {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) fail(`${command} could not pack the client:\n${stdout}${stderr}`)
}
