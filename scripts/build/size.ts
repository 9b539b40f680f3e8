import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { fail, optionsOf } from '../cli/options.ts'
import { temporaryFolder } from '../cli/temporary-folder.ts'
import { required } from '../wrangler/advice.ts'
import { wrangler } from '../wrangler/wrangler.ts'
import ensureStaticFiles from './static-files.ts'

const HELP = `Builds the Worker as it is deployed, and the client that front ends load. Prints the parts of the Worker with
their sizes, and the CPU time of its start-up. Exits 1 if the Worker or the client exceeds its limit.

  npm run size`

/** Gzipped, as Cloudflare counts. Of these Stripe's SDK takes 33, and is evaluated only in a shop that takes payments. */
const MAX_KIB = 175
const MAX_CLIENT_KIB = 6

interface Metafile {
  outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }>
}

interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string } }[]
  samples: number[]
  /** Microseconds between samples. */
  timeDeltas: number[]
}

optionsOf(HELP, {})

const folder = temporaryFolder('size')
const metafile = join(folder, 'meta.json')
run(['deploy', '--dry-run', '--minify', `--outdir=${folder}`, `--metafile=${metafile}`])
const bundle = readFileSync(join(folder, 'index.js'))
const gzipped = gzipSync(bundle).length
const { outputs } = JSON.parse(readFileSync(metafile, 'utf8')) as Metafile
const [, { inputs }] = Object.entries(outputs).find(([path]) => path.endsWith('/index.js'))!

const bytes = new Map<string, number>()
for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
  bytes.set(partOf(file), (bytes.get(partOf(file)) ?? 0) + bytesInOutput)
}
console.log('minified KiB  share gzipped  part')
for (const [part, size] of [...bytes].toSorted(([, a], [, b]) => b - a)) {
  console.log(`${kib(size)}  ${kib((size / bundle.length) * gzipped)}  ${part}`)
}
console.log(`${kib(bundle.length)}  ${kib(gzipped)}  in total, limit ${MAX_KIB} gzipped`)

const profile = join(folder, 'startup.cpuprofile')
run(['check', 'startup', `--outfile=${profile}`, '--args=--minify'])
console.log(`start-up: ${busyMilliseconds(profile).toFixed(0)} ms of CPU on this machine`)

ensureStaticFiles()
const client = readFileSync('public/client.js')
const clientGzipped = gzipSync(client).length
console.log(`${kib(client.length)}  ${kib(clientGzipped)}  the client, limit ${MAX_CLIENT_KIB} gzipped`)

if (gzipped > MAX_KIB * 1024) fail(`The Worker exceeds its limit of ${MAX_KIB} KiB gzipped.`)
if (clientGzipped > MAX_CLIENT_KIB * 1024) {
  fail(`The client exceeds its limit of ${MAX_CLIENT_KIB} KiB gzipped.`)
}

function run(args: string[]): void {
  required(wrangler(args), `wrangler ${args[0]} failed.`)
}

/** A package, or a folder of src. */
function partOf(file: string): string {
  return /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? /src\/[^/]+/.exec(file)?.[0] ?? 'glue'
}

function busyMilliseconds(path: string): number {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(path, 'utf8')) as CpuProfile
  const idle = new Set(
    nodes.filter(({ callFrame }) => /^\((idle|program)\)$/.test(callFrame.functionName)).map(({ id }) => id),
  )
  return timeDeltas.reduce((sum, delta, index) => (idle.has(samples[index]!) ? sum : sum + delta), 0) / 1000
}

function kib(size: number): string {
  return (size / 1024).toFixed(1).padStart(12)
}
