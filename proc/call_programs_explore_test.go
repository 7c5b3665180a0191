//go:build explore

package proc

import "testing"

// callee is a process that handles calls, and may end in between.
func callee(handles func(*actor, *Ctx, Message) error, ops ...wireOp) wireScript {
	return wireScript{ops: ops, handles: handles}
}

var callPrograms = []wireProgram{
	{name: "reply against timeout", scripts: []wireScript{{ops: []wireOp{doRequest(1, true)}}, callee(calleeReplies)}},
	{name: "reply against timeout and end", scripts: []wireScript{{ops: []wireOp{doRequest(1, true)}}, callee(calleeReplies, doEnd(errBoom))}},
	{name: "late reply", scripts: []wireScript{{ops: []wireOp{doRequest(1, true), doAbandon(0)}}, callee(calleeKeeps, doReply(1), doEnd(errBoom))}},
	{name: "two calls", scripts: []wireScript{{ops: []wireOp{doRequest(1, true), doRequest(1, true), doAbandon(0)}}, callee(calleeReplies, doEnd(Normal))}},
	{name: "a call that is kept, and another", scripts: []wireScript{{ops: []wireOp{doRequest(1, true), doRequest(1, false)}}, callee(calleeKeeps, doReply(1), doReply(1))}},
	{name: "callee ends in place of a reply", scripts: []wireScript{{ops: []wireOp{doRequest(1, true), doRequest(1, false)}}, callee(endsInstead)}},
	{name: "callee replies and ends", scripts: []wireScript{{ops: []wireOp{doRequest(1, false), doRequest(1, true), doAbandon(1)}}, callee(repliesAndEnds)}},
	{name: "caller ends", scripts: []wireScript{{ops: []wireOp{doRequest(1, true), doRequest(1, false), doEnd(errBoom)}}, callee(calleeKeeps, doReply(1))}},
	{name: "somebody else replies", scripts: []wireScript{{ops: []wireOp{doRequest(1, true)}}, callee(calleeKeeps, doReply(1), doEnd(errBoom)), {ops: []wireOp{doReply(1)}}}},
	{name: "two callers", scripts: []wireScript{{ops: []wireOp{doRequest(2, true)}}, {ops: []wireOp{doRequest(2, false), doEnd(errBoom)}}, callee(calleeReplies, doEnd(Normal))}},
	{name: "two callers, calls are kept", scripts: []wireScript{{ops: []wireOp{doRequest(2, true)}}, {ops: []wireOp{doRequest(2, false), doAbandon(0)}}, callee(calleeKeeps, doReply(2))}},
	{name: "postponed against timeout", scripts: []wireScript{{ops: []wireOp{doRequest(1, true)}}, callee(calleePostpones, doBecome())}},
	{name: "two postponed against timeout and end", scripts: []wireScript{
		{ops: []wireOp{doRequest(1, true), doRequest(1, false), doAbandon(1)}}, callee(calleePostpones, doBecome(), doEnd(errBoom))}},
	{name: "postponed calls of two callers", scripts: []wireScript{
		{ops: []wireOp{doRequest(2, true)}}, {ops: []wireOp{doRequest(2, false), doEnd(errBoom)}}, callee(calleePostpones, doBecome())}},
	{name: "await against timeout and end", scripts: []wireScript{{ops: []wireOp{doAwait(1, true), doRequest(1, false)}}, callee(calleeReplies, doEnd(errBoom))}},
	{name: "both await each other", scripts: []wireScript{
		{ops: []wireOp{doAwait(1, true)}, handles: calleeReplies}, {ops: []wireOp{doAwait(0, true), doEnd(errBoom)}, handles: calleeReplies}}},
	{name: "alive against end", scripts: []wireScript{{ops: []wireOp{doAlive(1), doAlive(1)}}, {ops: []wireOp{doEnd(errBoom)}}}},
	{name: "alive after kill", scripts: []wireScript{{ops: []wireOp{doAlive(1), doKill(1), doAlive(1), doRequest(1, true)}}, callee(calleeReplies)}},
	{name: "explicit alias against a message", scripts: []wireScript{
		{ops: []wireOp{doAlias(AliasExplicit), doUnalias(0)}}, {ops: []wireOp{doSendAlias(0, 0), doSendAlias(0, 0)}}, {ops: []wireOp{doSendAlias(0, 0)}}}},
	{name: "reply alias against two messages", scripts: []wireScript{
		{ops: []wireOp{doAlias(AliasReply), doUnalias(0)}}, {ops: []wireOp{doSendAlias(0, 0), doEnd(errBoom)}}, {ops: []wireOp{doSendAlias(0, 0)}}}},
	{name: "aliases and calls", scripts: []wireScript{
		{ops: []wireOp{doAlias(AliasReply), doRequest(1, true), doAlias(AliasExplicit), doUnalias(0)}}, callee(calleeReplies, doSendAlias(0, 0), doSendAlias(0, 1))}},
}

func TestExploreEveryCallHasOneResult(t *testing.T) { searchAll(t, callPrograms) }
