// The table behind handles, for both sides.
export { HandleError, HandleTable } from '../../base/handle-table.js';
