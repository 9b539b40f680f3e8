// npm runs this before it packs, after it has fetched the package from git, and after an install here. Plain
// JavaScript, because an old Node has to parse it.
const onlyRunsTheShop = /\bci\b/.test(process.env.npm_command ?? '')
if (!onlyRunsTheShop) {
  await import('../cli/node-version.js')
  await import('./pack-client.ts')
}
