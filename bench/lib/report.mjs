import { median } from './median.mjs'

/** @param {number | null} value */
function format(value) {
  if (value === null) return '–'
  if (value >= 1_000) return Math.round(value).toLocaleString('en')
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)
}

/** @param {number} ratio @param {import('./workload.mjs').Goal} goal */
function judge(ratio, goal) {
  const [sign, bound, isMet] =
    'most' in goal ? ['≤', goal.most, ratio <= goal.most] : ['≥', goal.least, ratio >= goal.least]
  return isMet ? `${sign} ${bound}` : `misses ${sign} ${bound}`
}

/** @param {readonly string[]} cells */
const tableRow = (cells) => `| ${cells.join(' | ')} |`

/**
 * One workload as Markdown.
 *
 * @param {import('./workload.mjs').Workload} workload
 * @param {import('./run-workload.mjs').Results} results
 * @param {boolean} quick
 */
export function workloadReport({ title, about, columns, ratio, cases }, { rounds, othersShare }, quick) {
  /** @param {string} name @param {string} of */
  const medianOf = (name, of) => median(rounds.flatMap((round) => round.get(name)?.[of] ?? []))
  /** @param {string} name @param {string} against @param {string} of */
  const ratioOf = (name, against, of) =>
    median(
      rounds.flatMap((round) => {
        const [value, base] = [round.get(name)?.[of], round.get(against)?.[of]]
        return value === undefined || base === undefined ? [] : value / base
      }),
    )

  const lines = [`## ${title}`, '', about]
  if (othersShare !== null) {
    lines.push(
      '',
      `Rounds: ${rounds.length}. Other programs used ${Math.round(othersShare * 100)} % of the machine meanwhile.`,
    )
  }
  const all = cases(quick)
  for (const group of new Set(all.map((row) => row.group))) {
    lines.push('', `**${group[0]?.toUpperCase()}${group.slice(1)}**`, '')
    lines.push(tableRow(['', ...columns.map((column) => column.title), ratio.title, 'goal']))
    lines.push(tableRow(['---', ...columns.map(() => '---:'), '---:', '---']))
    for (const { name, title: rowTitle, against, hasGoal, goal = hasGoal ? ratio.goal : null } of all.filter(
      (row) => row.group === group,
    )) {
      const cells = columns.map(({ of, kind }) => {
        if (kind === 'number') return format(medianOf(name, of))
        return format(against === undefined ? null : ratioOf(name, against, of))
      })
      const compared = against === undefined ? null : ratioOf(name, against, ratio.of)
      const verdict = goal !== null && compared !== null ? judge(compared, goal) : ''
      lines.push(tableRow([rowTitle, ...cells, format(compared), verdict]))
    }
  }
  return `${lines.join('\n')}\n`
}
