// Runs the benchmark on what is built; `npm run bench` builds first. README.md says what is measured and how.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { workloadReport } from './lib/report.mjs'
import { runWorkload } from './lib/run-workload.mjs'
import { workloads } from './workloads/index.mjs'

const names = Object.keys(workloads)
const usage = `Usage: npm run bench [-- --quick | --only ${names.slice(0, 2).join(',')} | --rounds N | --help]

  (nothing)  runs everything and writes bench/RESULTS.md
  --quick    one round of smaller sizes, in less than a minute
  --only     some of ${names.join(', ')}
  --rounds   how often everything is measured; default 5

With any of these nothing is written: the tables are only printed.`

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string', default: names.join(',') },
        rounds: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    })
    const wanted = values.only.split(',')
    const unknown = wanted.find((name) => !names.includes(name))
    if (unknown !== undefined) throw new Error(`There is no workload "${unknown}"`)
    const rounds = Number(values.rounds ?? (values.quick ? 1 : 5))
    if (!(Number.isSafeInteger(rounds) && rounds > 0)) throw new Error('--rounds is a whole number above 0')
    const isWhole = !values.quick && wanted.length === names.length && values.rounds === undefined
    return { ...values, wanted, rounds, isWhole }
  } catch (thrown) {
    console.error(`${thrown instanceof Error ? thrown.message : thrown}.\n\n${usage}`)
    process.exit(1)
  }
}

const { quick, wanted, rounds, help, isWhole } = readOptions()
if (help) {
  console.log(usage)
  process.exit(0)
}

const directory = mkdtempSync(join(tmpdir(), 'outlast-bench-'))
const sections = []
try {
  for (const [name, workload] of Object.entries(workloads)) {
    if (!wanted.includes(name)) continue
    const say = (/** @type {string} */ progress) => console.error(progress)
    const results = await runWorkload(name, workload, { rounds, quick, directory, say })
    const section = workloadReport(workload, results, quick)
    console.log(section)
    sections.push(section)
  }
} finally {
  rmSync(directory, { recursive: true })
}

if (isWhole) {
  const intro = `# Results

Written by \`npm run bench\` on Node ${process.version}, ${cpus().length} cores. Figures are medians over ${rounds} rounds; ratios are taken within a
round, and then their median. [README.md](README.md) says how to read them.
`
  writeFileSync(new URL('RESULTS.md', import.meta.url), [intro, ...sections].join('\n'))
  console.log('Wrote bench/RESULTS.md.')
}
