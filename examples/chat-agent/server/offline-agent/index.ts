export { answerOffline } from './offline-agent.ts'
