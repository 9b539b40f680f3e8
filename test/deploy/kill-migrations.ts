/** Loaded by every Node of a rehearsal: kills the wrangler that applies migrations, as a lack of memory would. */

if (process.argv[1]?.endsWith('/cli.js') && process.argv.includes('migrations'))
  process.kill(process.pid, 'SIGKILL')
