%% Runs the scripts of a file on Erlang's gen_statem and prints what callbacks they had: see erlang_test.go.
-module(actor).
-mode(compile).
-export([main/1, init/1, callback_mode/0, handle_event/4]).

main([File]) ->
    {ok, Scripts} = file:consult(File),
    lists:foreach(fun run/1, Scripts).

run({Seed, Enter, Plan, Externals}) ->
    persistent_term:put(enter, Enter),
    {ok, Pid} = gen_statem:start(?MODULE, Plan, []),
    lists:foreach(
      fun({$c, Id}) -> gen_statem:cast(Pid, Id);
         ({$i, Id}) -> Pid ! Id;
         ({$l, Id}) -> gen_statem:send_request(Pid, Id)
      end, Externals),
    {State, {_, _, Trace}} = sys:get_state(Pid, infinity),
    io:format("~b ~b ~s~n", [Seed, State, lists:join(" ", lists:reverse(Trace))]),
    gen_statem:stop(Pid).

callback_mode() ->
    case persistent_term:get(enter) of
        true -> [handle_event_function, state_enter];
        false -> handle_event_function
    end.

init(Plan) ->
    {_, Acts} = actions(1, Plan, event),
    {ok, 0, {1, Plan, []}, Acts}.

handle_event(Type, Content, State, {N, Plan, Trace}) ->
    Line = io_lib:format("~b~c~b", [State, letter(Type), Content]),
    Phase = case Type of enter -> enter; _ -> event end,
    {Result, Acts} = actions(N + 1, Plan, Phase),
    Data = {N + 1, Plan, [Line | Trace]},
    case Result of
        keep -> {keep_state, Data, Acts};
        repeat -> {repeat_state, Data, Acts};
        {next, S} -> {next_state, S, Data, Acts}
    end.

actions(N, Plan, _) when N > tuple_size(Plan) -> {keep, []};
actions(N, Plan, event) -> element(1, element(N, Plan));
actions(N, Plan, enter) -> element(2, element(N, Plan)).

letter(info) -> $i;
letter(cast) -> $c;
letter({call, _}) -> $l;
letter(internal) -> $n;
letter(timeout) -> $t;
letter(state_timeout) -> $s;
letter({timeout, a}) -> $a;
letter({timeout, b}) -> $b;
letter(enter) -> $e.
