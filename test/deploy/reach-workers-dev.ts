/** Loaded into a deploy under test: what is meant for workers.dev goes to the stand-in. */
const send = globalThis.fetch
const WORKERS_DEV = /^https:\/\/([\w-]+)\.rehearsal\.workers\.dev/

globalThis.fetch = (input, init) => {
  const url = input instanceof Request ? input.url : String(input)
  return send(url.replace(WORKERS_DEV, `${process.env['WORKERS_DEV']}/$1`), init)
}
