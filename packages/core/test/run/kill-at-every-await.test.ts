import { memoryStore } from '../../src/index.ts'
import { alone, beforeOthers, runKillSuite, superseded } from './kill-scenarios/run-kill-suite.ts'

runKillSuite('memory', (now) => memoryStore({ now }), [beforeOthers, alone, superseded])
