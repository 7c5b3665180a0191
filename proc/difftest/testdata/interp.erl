%% Runs generated programs on real Erlang processes, one instruction at a time, and writes what they observed.
%%
%% Usage: erl -noshell -run interp main PROGRAMS TRACES
%% PROGRAMS holds one Erlang term a program, {prog, Id, Roots, Steps}, or race in place of prog; see program_test.go for the
%% instructions. TRACES gets the lines that trace_test.go compares.
%%
%% A controller sends each instruction to the process that is to execute it and waits until the system is at rest before it
%% sends the next. Rest needs no clock: every living process answers a ping, which comes behind all signals sent to it before.
%% A process that has died has sent its EXIT and DOWN signals when all schedulers have switched processes once since its DOWN
%% was seen (thread progress). When a round of pings finds nobody dead, no signal is under way.
-module(interp).
-export([main/1, proc/3]).

-define(TAB, interp_names).

main([In, Out]) ->
    erts_debug:set_internal_state(available_internal_state, true),
    {ok, Programs} = file:consult(In),
    {ok, Fd} = file:open(Out, [write, raw, binary, {delayed_write, 1 bsl 20, 2000}]),
    lists:foreach(fun(P) -> ok = file:write(Fd, program(P)) end, Programs),
    ok = file:close(Fd),
    halt(0).

%% ---- the controller ----

%% live: logical number => {Pid, Monitor}; away: those that wait in a receive or a call; quiet: those whose end is not logged.
%% marks: whether marks separate the steps in the mailboxes.
-record(ctl, {live = #{}, away = #{}, quiet = #{}, round = 0, step = 0, marks, log = []}).

program({Kind, Id, Roots, Steps}) ->
    ets:new(?TAB, [named_table, public, set]),
    ets:insert(?TAB, {controller, self()}),
    put(strangers, processes()),
    C0 = lists:foldl(fun({P, Opts}, C) ->
                             spawn_opt(?MODULE, proc, [P, lists:member(trap, Opts), loop], []),
                             settle(adopt(P, C))
                     end, #ctl{marks = Kind =:= prog}, Roots),
    C1 = lists:foldl(fun step/2, C0, Steps),
    finish(C1),
    ets:delete(?TAB),
    flush(),
    [io_lib:format("prog ~b~n", [Id]), lists:reverse(C1#ctl.log), "end\n"].

finish(C) ->
    [exit(Pid, kill) || {Pid, _} <- maps:values(C#ctl.live)],
    [receive {'DOWN', M, process, Pid, _} -> ok end || {Pid, M} <- maps:values(C#ctl.live)],
    barrier().

flush() ->
    receive _ -> flush() after 0 -> ok end.

%% par lets several processes run a script each, at the same time, and then looks into every mailbox. The end of a process that
%% is spawned in it is not logged: the controller may come too late to see the reason.
par(Scripts, C0) ->
    Runs = [{P, Is} || {P, Is} <- Scripts, is_map_key(P, C0#ctl.live), not is_map_key(P, C0#ctl.away)],
    ets:insert(?TAB, {gate, length(Runs)}),
    [begin {Pid, _} = map_get(P, C0#ctl.live), Pid ! {'$do', {script, Is}} end || {P, Is} <- Runs],
    C1 = lists:foldl(fun({P, _}, C) ->
                             {Pid, M} = map_get(P, C#ctl.live),
                             receive
                                 {ack, P, Token, idle} -> log(C, P, "=", Token);
                                 {'DOWN', M, process, Pid, Reason} -> died(P, Reason, C)
                             end
                     end, C0, Runs),
    census([I || {_, Is} <- Runs, I <- Is, spawned(I) =/= []]),
    Children = [P || {_, Is} <- Runs, I <- Is, {P, _} <- spawned(I), ets:member(?TAB, {p, P})],
    C2 = lists:foldl(fun(P, C) -> adopt(P, C#ctl{quiet = (C#ctl.quiet)#{P => true}}) end, C1, Children),
    C3 = settle(C2),
    C4 = maps:fold(fun(P, {Pid, _}, C) ->
                           Pid ! '$look',
                           receive {looked, P, Token} -> log(C, P, "@", Token) end
                   end, C3, C3#ctl.live),
    C4#ctl{quiet = #{}}.

%% census waits until every process is in the table. One whose parent has been killed as soon as it had spawned may not have
%% come to put itself there.
census([]) -> ok;
census(Spawns) ->
    case [Pid || Pid <- processes() -- get(strangers), not ets:member(?TAB, {pid, Pid})] of
        [] -> ok;
        _ -> erlang:yield(), census(Spawns)
    end.

%% adopt waits until process P is in the table, which it sees to itself, and watches it.
adopt(P, C) ->
    case ets:lookup(?TAB, {p, P}) of
        [{_, Pid}] -> C#ctl{live = (C#ctl.live)#{P => {Pid, monitor(process, Pid)}}};
        [] -> erlang:yield(), adopt(P, C)
    end.

step({0, {par, Scripts}}, C) -> par(Scripts, C#ctl{step = C#ctl.step + 1});
step({P, I}, C0) ->
    C = C0#ctl{step = C0#ctl.step + 1},
    Calls = maps:get(short(I), C#ctl.away, no) =:= calls,
    case C#ctl.live of
        #{P := _} when Calls; is_map_key(P, C#ctl.away) -> log(C, P, "=", "busy");
        #{P := {Pid, M}} ->
            Pid ! {'$do', I},
            C1 = receive
                     {ack, P, Token, idle} -> log(C, P, "=", Token);
                     {ack, P, Token, Mode} -> log(C#ctl{away = (C#ctl.away)#{P => Mode}}, P, "=", Token);
                     {'DOWN', M, process, Pid, Reason} -> died(P, Reason, C)
                 end,
            C2 = lists:foldl(fun child/2, C1, spawned(I)),
            awaits(I, C2),
            C3 = settle(C2),
            mark(P, I, C, C3);
        #{} -> log(C, P, "=", "gone")
    end.

child({P, Dies}, C) ->
    case ets:lookup(?TAB, {p, P}) of
        [] -> C;                                % its name was taken, or its parent did not come to it
        _ when Dies -> adopt(P, C#ctl{quiet = (C#ctl.quiet)#{P => true}});
        _ -> adopt(P, C)
    end.

spawned({spawn, P, Opts, _}) -> [{P, lists:keymember(die, 1, Opts)}];
spawned({seq, Is}) -> lists:flatmap(fun spawned/1, Is);
spawned(_) -> [].

%% awaits waits for what only time can bring about: messages of short timers, and calls that run out of time.
awaits({after_short, _, _, To, _, Id}, C) -> arrived(To, Id, C);
awaits({after_die, _, To, _, Id, _}, C) -> arrived(To, Id, C);
awaits({timer_short, T, _, To}, C) -> arrived(To, {timer, T}, C);
awaits({name_short, _, _, _, _, Id} = I, C) -> arrived(short(I), Id, C);
awaits({call, K, _, Ms}, C) when is_integer(Ms) -> over({call, K}, C);
awaits(_, _) -> ok.

%% short names the receiver of a short timer; it must not be in a call, where nobody can look for the message.
short({after_short, _, _, P, _, _}) -> P;
short({after_die, _, P, _, _, _}) -> P;
short({timer_short, _, _, P}) -> P;
short({name_short, _, _, N, _, _}) -> owner(N);
short(_) -> none.

owner(N) ->
    case ets:lookup(?TAB, {pid, whereis(N)}) of [{_, P}] -> P; [] -> none end.

arrived(To, Id, C) ->
    case {C#ctl.live, seen(Id)} of
        {_, true} -> ok;
        {#{To := {Pid, _}}, _} ->
            case process_info(Pid, messages) of
                {messages, Ms} ->
                    case lists:any(fun(M) -> is_message(M, Id) end, Ms) of
                        true -> ok;
                        false -> erlang:yield(), arrived(To, Id, C)
                    end;
                undefined -> ok
            end;
        _ -> ok
    end.

is_message({t, _, _, Id}, Id) -> true;
is_message({timeout, _, T}, {timer, T}) -> true;
is_message(_, _) -> false.

seen(Id) -> ets:member(?TAB, {seen, Id}).

over(Key, C) ->
    case ets:lookup(?TAB, Key) of
        [{_, over}] -> ok;
        _ -> erlang:yield(), over(Key, C)
    end.

%% settle returns when the system is at rest: after a round in which nobody was found dead.
settle(C) ->
    erase(dirty) =:= true andalso barrier(),
    N = C#ctl.round + 1,
    maps:foreach(fun(_, {Pid, _}) -> Pid ! {'$ping', N} end, C#ctl.live),
    C1 = maps:fold(fun(P, {Pid, M}, Acc) ->
                           receive
                               {pong, P, N} -> Acc;
                               {'DOWN', M, process, Pid, Reason} -> died(P, Reason, Acc)
                           end
                   end, C#ctl{round = N}, C#ctl.live),
    case get(dirty) of
        true -> settle(C1);
        undefined -> events(C1)
    end.

died(P, Reason, C) ->
    put(dirty, true),
    C1 = C#ctl{live = maps:remove(P, C#ctl.live), away = maps:remove(P, C#ctl.away)},
    case C#ctl.quiet of
        #{P := _} -> C1;
        _ -> log(C1, P, "x", reason(Reason))
    end.

events(C) ->
    receive
        {event, P, Token} -> events(log(C#ctl{away = maps:remove(P, C#ctl.away)}, P, "+", Token))
    after 0 -> C
    end.

barrier() ->
    ok = erts_debug:set_internal_state(wait, thread_progress).

%% mark separates what has arrived in this step from what arrives later, where more than one sender may have sent.
mark(_, _, _, #ctl{marks = false} = After) -> After;
mark(P, I, Before, After) ->
    Touched = touched(I),
    Who = case lists:any(fun(Q) -> not is_map_key(Q, After#ctl.live) end, maps:keys(Before#ctl.live)) of
              true -> maps:keys(After#ctl.live);
              false when Touched =:= [] -> [];
              false -> [Q || Q <- lists:usort([P | Touched]), is_map_key(Q, After#ctl.live)]
          end,
    [begin {Pid, _} = maps:get(Q, After#ctl.live), Pid ! '$mark' end || Q <- Who],
    case Who of [] -> After; _ -> settle(After) end.

touched({spawn, P, _, _}) -> [P];
touched({link, P}) -> [P];
touched({monitor, _, P}) -> [P];
touched({monitor_name, _, _}) -> [0];
touched({exit, P, _}) -> [P];
touched({after_short, _, _, P, _, _}) -> [P];
touched({after_die, _, P, _, _, _}) -> [P];
touched({timer_short, _, _, P}) -> [P];
touched({name_short, _, _, _, _, _} = I) -> [short(I)];
touched({request, _, P}) -> [P];
touched({call, _, P, _}) -> [P];
touched({seq, Is}) -> lists:flatmap(fun touched/1, Is);
touched(_) -> [].

log(C, P, Kind, Token) ->
    C#ctl{log = [io_lib:format("~b p~b ~s ~s~n", [C#ctl.step, P, Kind, Token]) | C#ctl.log]}.

%% ---- a process of the program ----

%% callers: number of a call => where its reply goes; requests: number of a request => its monitor.
-record(st, {me, ctl, refs = #{}, callers = #{}, requests = #{}}).

proc(P, Trap, Then) ->
    Trap andalso process_flag(trap_exit, true),
    ets:insert(?TAB, [{{p, P}, self()}, {{pid, self()}, P}]),
    case Then of
        loop -> loop(#st{me = P, ctl = ets:lookup_element(?TAB, controller, 2)});
        normal -> ok;
        crash -> error(crash);
        _ -> exit(Then)
    end.

loop(S) ->
    receive
        {'$do', I} -> loop(turn(I, S));
        {'$ping', N} -> loop(pong(N, S));
        '$look' ->
            {Token, _} = exec({peek}, S),
            S#st.ctl ! {looked, S#st.me, Token},
            loop(S)
    end.

pong(N, S) ->
    S#st.ctl ! {pong, S#st.me, N},
    S.

ack(S, Token, Mode) -> S#st.ctl ! {ack, S#st.me, Token, Mode}.

turn({wait, Pat}, S) ->
    ack(S, "wait", waits),
    wait(Pat, S);
turn({call, K, P, Ms}, S) ->
    case pid(P) of
        Pid when is_pid(Pid), Pid =/= self() -> ack(S, "calls", calls), call(K, Pid, Ms, S);
        Pid ->
            ets:insert(?TAB, {{call, K}, over}),
            ack(S, case Pid of undefined -> "skip"; _ -> "calling_self" end, idle),
            S
    end;
turn({script, Is}, S) ->
    ets:update_counter(?TAB, gate, -1),
    gate(1000),
    {Tokens, S1} = lists:mapfoldl(fun exec/2, S, Is),
    ack(S, lists:join(";", Tokens), idle),
    S1;
turn({seq, Is}, S) ->
    {Tokens, S1} = lists:mapfoldl(fun exec/2, S, Is),
    ack(S, lists:join(",", Tokens), idle),
    S1;
turn(I, S) ->
    {Token, S1} = exec(I, S),
    ack(S, Token, idle),
    S1.

%% gate waits a little for the others that run a script in the same step.
gate(0) -> ok;
gate(N) ->
    case ets:lookup_element(?TAB, gate, 2) of
        0 -> ok;
        _ -> erlang:yield(), gate(N - 1)
    end.

exec({yield}, S) -> erlang:yield(), {"ok", S};
exec({spin, N}, S) -> spin(N), {"ok", S};
exec({take, Pat}, S) -> one(take(Pat, S), S);
exec({spawn, P, Opts, _Style}, S) ->
    Then = proplists:get_value(die, Opts, loop),
    Name = proplists:get_value(name, Opts, undefined),
    case Name =/= undefined andalso whereis(Name) =/= undefined of
        true -> {"taken", S};
        false ->
            SpawnOpts = [link || lists:member(link, Opts)] ++ [monitor || lists:keymember(monitor, 1, Opts)],
            R = spawn_opt(?MODULE, proc, [P, lists:member(trap, Opts), Then], SpawnOpts),
            {Pid, Ref} = case R of {_, _} -> R; _ -> {R, none} end,
            ets:insert(?TAB, [{{p, P}, Pid}, {{pid, Pid}, P}]),
            Name =/= undefined andalso register(Name, Pid),
            case Ref of
                none -> {"ok", S};
                _ -> {"ok", ref(proplists:get_value(monitor, Opts), Ref, S)}
            end
    end;
exec({link, P}, S) -> {with_pid(P, fun(Pid) -> try link(Pid) catch error:noproc -> noproc end end), S};
exec({unlink, P}, S) -> {with_pid(P, fun(Pid) -> unlink(Pid) end), S};
exec({monitor, R, P}, S) ->
    case pid(P) of
        undefined -> {"skip", S};
        Pid -> {"ok", ref(R, monitor(process, Pid), S)}
    end;
exec({monitor_name, R, N}, S) -> {"ok", ref(R, monitor(process, N), S)};
exec({demonitor, R, How}, S) ->
    case S#st.refs of
        #{R := Ref} ->
            case How of
                plain -> true = demonitor(Ref), {"ok", S};
                info -> {atom_to_list(demonitor(Ref, [info])), S};
                flush ->
                    Active = demonitor(Ref, [info]),
                    demonitor(Ref, [flush]),
                    {atom_to_list(Active), S}
            end;
        _ -> {"skip", S}
    end;
exec({exit, P, Reason}, S) -> {with_pid(P, fun(Pid) -> exit(Pid, Reason) end), S};
exec({return, crash}, _) -> error(crash);
exec({return, Reason}, _) -> exit(Reason);
exec({trap, On}, S) -> {atom_to_list(process_flag(trap_exit, On)), S};
exec({send, P, Tag, Id}, S) -> {with_pid(P, fun(Pid) -> Pid ! {m, S#st.me, Tag, Id}, ok end), S};
exec({send_name, N, Tag, Id}, S) -> {try N ! {m, S#st.me, Tag, Id}, "ok" catch error:badarg -> "badarg" end, S};
exec({send_alias, A, Tag, Id}, S) -> {with({a, A}, fun(Alias) -> Alias ! {m, S#st.me, Tag, Id}, ok end), S};
exec({alias, A, explicit}, S) -> ets:insert(?TAB, {{a, A}, alias()}), {"ok", S};
exec({alias, A, reply}, S) -> ets:insert(?TAB, {{a, A}, alias([reply])}), {"ok", S};
exec({unalias, A}, S) -> {with({a, A}, fun(Alias) -> unalias(Alias) end), S};
exec({register, N, P}, S) -> {with_pid(P, fun(Pid) -> badarg(fun() -> register(N, Pid) end) end), S};
exec({unregister, N}, S) -> {atom_to_list(badarg(fun() -> unregister(N) end)), S};
exec({whereis, N}, S) -> {case whereis(N) of undefined -> "none"; Pid -> who(Pid) end, S};
exec({alive, P}, S) -> {with_pid(P, fun(Pid) -> is_process_alive(Pid) end), S};
exec({recv, Pat}, S) -> recv(Pat, S);
exec({peek}, S) ->
    {messages, Ms} = process_info(self(), messages),
    {["[", lists:join(" ", [T || M <- Ms, (T = shown(M, S)) =/= ""]), "]"], S};
exec({after_long, T, P, Tag, Id}, S) -> {timer(T, P, fun(Pid) -> erlang:send_after(3600000, Pid, {t, S#st.me, Tag, Id}) end), S};
exec({after_short, T, Ms, P, Tag, Id}, S) -> {timer(T, P, fun(Pid) -> erlang:send_after(Ms, Pid, {t, S#st.me, Tag, Id}) end), S};
exec({after_die, Ms, P, Tag, Id, Reason}, S) ->
    timer(0, P, fun(Pid) -> erlang:send_after(Ms, Pid, {t, S#st.me, Tag, Id}) end),
    exit(Reason);
exec({timer_long, T, P}, S) -> {timer(T, P, fun(Pid) -> erlang:start_timer(3600000, Pid, T) end), S};
exec({timer_short, T, Ms, P}, S) -> {timer(T, P, fun(Pid) -> erlang:start_timer(Ms, Pid, T) end), S};
exec({name_long, T, N, Tag, Id}, S) ->
    ets:insert(?TAB, {{t, T}, erlang:send_after(3600000, N, {t, S#st.me, Tag, Id})}),
    {"ok", S};
exec({name_short, T, Ms, N, Tag, Id}, S) ->
    case whereis(N) of
        undefined -> {"unnamed", S};
        _ -> ets:insert(?TAB, {{t, T}, erlang:send_after(Ms, N, {t, S#st.me, Tag, Id})}), {"ok", S}
    end;
exec({cancel, T}, S) -> {with({t, T}, fun(Ref) -> erlang:cancel_timer(Ref) =/= false end), S};
exec({read, T}, S) -> {with({t, T}, fun(Ref) -> erlang:read_timer(Ref) =/= false end), S};
exec({request, K, P}, S) ->
    case pid(P) of
        undefined -> {"skip", S};
        Pid when Pid =:= self() -> {"calling_self", S};
        Pid ->
            Ref = monitor(process, Pid, [{alias, reply_demonitor}, {tag, {repdown, K}}]),
            Pid ! {req, S#st.me, K, Ref},
            {"ok", S#st{requests = (S#st.requests)#{K => Ref}}}
    end;
exec({abandon, K}, S) ->
    case S#st.requests of
        #{K := Ref} -> {atom_to_list(demonitor(Ref, [info])), S};
        _ -> {"skip", S}
    end;
exec({reply, K, V}, S) ->
    case S#st.callers of
        #{K := Ref} -> Ref ! {rep, Ref, K, V}, {"ok", S};
        _ -> {"skip", S}
    end.

with(Key, F) ->
    case ets:lookup(?TAB, Key) of
        [{_, X}] -> atom_to_list(F(X));
        [] -> "skip"
    end.

with_pid(P, F) -> with({p, P}, F).

pid(P) ->
    case ets:lookup(?TAB, {p, P}) of
        [{_, Pid}] -> Pid;
        [] -> undefined
    end.

badarg(F) ->
    try F() catch error:badarg -> badarg end.

timer(T, P, Start) ->
    case pid(P) of
        undefined -> "skip";
        Pid -> ets:insert(?TAB, {{t, T}, Start(Pid)}), "ok"
    end.

spin(0) -> ok;
spin(N) -> spin(N - 1).

ref(R, Ref, S) ->
    ets:insert(?TAB, {{ref, Ref}, R}),
    S#st{refs = (S#st.refs)#{R => Ref}}.

%% ---- receiving ----

recv(Pat, S) when is_tuple(Pat) -> one(take(Pat, S), S);
recv(Pat, S) -> set(first(Pat), Pat, S).

%% first takes the first message that fits, and the marks in front of it: the rest of its group is then what comes before the
%% next mark.
first(exit) -> receive '$mark' -> first(exit); {'EXIT', _, _} = M -> M after 0 -> empty end;
first(down) -> receive '$mark' -> first(down); {'DOWN', _, process, _, _} = M -> M after 0 -> empty end;
first(any) ->
    receive
        '$mark' -> first(any);
        M when is_tuple(M), element(1, M) =/= '$do', element(1, M) =/= '$ping' -> M
    after 0 -> empty
    end.

%% take takes the first message that fits.
take({tag, T}, _) -> receive {m, _, T, _} = M -> M; {t, _, T, _} = M -> M after 0 -> empty end;
take({exit, P}, _) ->
    Pid = pid(P),
    receive {'EXIT', Pid, _} = M -> M after 0 -> empty end;
take({down, R}, S) ->
    Ref = maps:get(R, S#st.refs, none),
    receive {'DOWN', Ref, process, _, _} = M -> M after 0 -> empty end;
take({rep, K}, _) ->
    receive {rep, _, K, _} = M -> M; {{repdown, K}, _, process, _, _} = M -> M after 0 -> empty end;
take({req, K}, _) -> receive {req, _, K, _} = M -> M after 0 -> empty end;
take(exit, _) -> receive {'EXIT', _, _} = M -> M after 0 -> empty end;
take(down, _) -> receive {'DOWN', _, process, _, _} = M -> M after 0 -> empty end;
take(any, _) -> receive M when is_tuple(M), element(1, M) =/= '$do', element(1, M) =/= '$ping' -> M after 0 -> empty end.

one(empty, S) -> {"empty", S};
one(M, S) -> {shown(M, S), took(M, S)}.

%% set takes, after a message whose place among others of its group is left open, the rest of these up to the mark.
set(empty, _, S) -> {"empty", S};
set(M, Pat, S) ->
    case unordered(M) of
        false -> one(M, S);
        true ->
            Ms = [M | rest(Pat)],
            {["[", lists:join(" ", [shown(X, S) || X <- Ms]), "]"], lists:foldl(fun took/2, S, Ms)}
    end.

unordered({'EXIT', _, _}) -> true;
unordered({'DOWN', _, process, _, _}) -> true;
unordered({{repdown, _}, _, process, _, _}) -> true;
unordered({timeout, _, _}) -> true;
unordered({t, _, _, _}) -> true;
unordered(_) -> false.

rest(exit) -> receive '$mark' -> []; {'EXIT', _, _} = M -> [M | rest(exit)] after 0 -> [] end;
rest(down) -> receive '$mark' -> []; {'DOWN', _, process, _, _} = M -> [M | rest(down)] after 0 -> [] end;
rest(any) ->
    receive
        '$mark' -> [];
        {'EXIT', _, _} = M -> [M | rest(any)];
        {'DOWN', _, process, _, _} = M -> [M | rest(any)];
        {{repdown, _}, _, process, _, _} = M -> [M | rest(any)];
        {timeout, _, _} = M -> [M | rest(any)];
        {t, _, _, _} = M -> [M | rest(any)]
    after 0 -> []
    end.

%% took notes what a message that has been taken out means for later instructions.
took({req, _, K, Ref}, S) -> S#st{callers = (S#st.callers)#{K => Ref}};
took({t, _, _, Id}, S) -> ets:insert(?TAB, {{seen, Id}, true}), S;
took({timeout, _, T}, S) -> ets:insert(?TAB, {{seen, {timer, T}}, true}), S;
took(_, S) -> S.

wait({tag, T} = Pat, S) ->
    receive
        {'$ping', N} -> wait(Pat, pong(N, S));
        {m, _, T, _} = M -> woken(M, S);
        {t, _, T, _} = M -> woken(M, S)
    end;
wait({exit, P} = Pat, S) ->
    Pid = pid(P),
    receive
        {'$ping', N} -> wait(Pat, pong(N, S));
        {'EXIT', Pid, _} = M -> woken(M, S)
    end;
wait({down, R} = Pat, S) ->
    Ref = maps:get(R, S#st.refs, none),
    receive
        {'$ping', N} -> wait(Pat, pong(N, S));
        {'DOWN', Ref, process, _, _} = M -> woken(M, S)
    end;
wait({rep, K} = Pat, S) ->
    receive
        {'$ping', N} -> wait(Pat, pong(N, S));
        {rep, _, K, _} = M -> woken(M, S);
        {{repdown, K}, _, process, _, _} = M -> woken(M, S)
    end.

woken(M, S) ->
    S1 = took(M, S),
    S#st.ctl ! {event, S#st.me, shown(M, S)},
    S1.

%% ---- calls, as gen:call does them ----

call(K, Pid, Ms, S) ->
    Ref = monitor(process, Pid, [{alias, demonitor}]),
    Pid ! {req, S#st.me, K, Ref},
    Timer = case Ms of infinity -> none; _ -> erlang:start_timer(Ms, self(), called) end,
    Token = answer(K, Ref, Timer, S),
    demonitor(Ref, [flush]),
    ets:insert(?TAB, {{call, K}, over}),
    S#st.ctl ! {event, S#st.me, Token},
    S.

answer(K, Ref, Timer, S) ->
    receive
        {'$ping', N} -> answer(K, Ref, Timer, pong(N, S));
        {rep, Ref, K, V} -> stop(Timer), io_lib:format("ret(~b,~s)", [K, V]);
        {'DOWN', Ref, process, _, Reason} -> stop(Timer), io_lib:format("ret(~b,down,~s)", [K, reason(Reason)]);
        {timeout, Timer, called} -> io_lib:format("ret(~b,timeout)", [K])
    end.

stop(none) -> ok;
stop(Timer) ->
    erlang:cancel_timer(Timer),
    receive {timeout, Timer, called} -> ok after 0 -> ok end.

%% ---- how things are written ----

shown({m, From, Tag, Id}, _) -> io_lib:format("m(p~b,~s,~b)", [From, Tag, Id]);
shown({t, From, Tag, Id}, _) -> io_lib:format("t(p~b,~s,~b)", [From, Tag, Id]);
shown({timeout, Ref, T}, _) ->
    case ets:lookup(?TAB, {t, T}) of
        [{_, Ref}] -> io_lib:format("timeout(~b)", [T]);
        _ -> "timeout(?)"
    end;
shown({'EXIT', Pid, Reason}, _) -> io_lib:format("exit(~s,~s)", [who(Pid), reason(Reason)]);
shown({'DOWN', Ref, process, Obj, Reason}, _) ->
    R = case ets:lookup(?TAB, {ref, Ref}) of [{_, N}] -> N; [] -> 0 end,
    O = case Obj of {Name, _} -> atom_to_list(Name); _ -> who(Obj) end,
    io_lib:format("down(r~b,~s,~s)", [R, O, reason(Reason)]);
shown({{repdown, K}, _, process, Obj, Reason}, _) -> io_lib:format("rep(~b,down,~s,~s)", [K, who(Obj), reason(Reason)]);
shown({rep, _, K, V}, _) -> io_lib:format("rep(~b,~s)", [K, V]);
shown({req, From, K, _}, _) -> io_lib:format("req(p~b,~b)", [From, K]);
shown('$mark', _) -> "|";
shown({'$ping', _}, _) -> "";
shown({'$do', _}, _) -> "";
shown('$look', _) -> "".

who(Pid) ->
    case ets:lookup(?TAB, {pid, Pid}) of
        [{_, P}] -> [$p | integer_to_list(P)];
        [] -> "p?"
    end.

reason({crash, _Stack}) -> "crash";
reason(R) when is_atom(R) -> atom_to_list(R).
