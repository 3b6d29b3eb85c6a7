using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;
using System.Text;
using Upscale.Cli.Commands;
using Upscale.Cli.Output;

namespace Upscale.Cli;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        using var stop = new CancellationTokenSource();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            return await RunAsync(args, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.Cancelled;
        }
        catch (Exception e)
        {
            Console.Error.WriteLine($"upscale: {Failure.Describe(e)}");
            return ExitCode.NothingDone;
        }

        void Stop(PosixSignalContext context)
        {
            // A second signal takes its default effect and ends the process at once.
            context.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }
    }

    private static Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        // A file name may begin with '@': it is no response file.
        var parser = new ParserConfiguration { ResponseFileTokenReplacer = null };
        ParseResult result = CreateRoot().Parse(args, parser);
        if (result.Action is ParseErrorAction)
            return Task.FromResult(RefuseUsage(result));
        var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        return result.InvokeAsync(invocation, cancellationToken);
    }

    private static int RefuseUsage(ParseResult result)
    {
        Command command = result.CommandResult.Command;
        if (command is RootCommand && result.Tokens.Count == 0)
        {
            command.Parse(["--help"]).Invoke(new InvocationConfiguration { Output = Console.Error });
        }
        else if (command is RootCommand && result.UnmatchedTokens is [string first, ..])
        {
            Console.Error.WriteLine($"upscale: There is no command '{first}'. The commands are: {string.Join(", ", command.Subcommands.Select(c => c.Name))}.");
        }
        else
        {
            foreach (ParseError error in result.Errors)
                Console.Error.WriteLine($"upscale: {error.Message}");
        }

        return ExitCode.NothingDone;
    }

    private static RootCommand CreateRoot()
    {
        var root = new RootCommand("Enlarges pictures with neural networks and resamplers.")
        {
            RunCommand.Create(),
            ModelsCommand.Create(),
            StagesCommand.Create(),
            DevicesCommand.Create(),
            PluginsCommand.Create(),
            PipelineCommand.Create(),
            CompareCommand.Create(),
            BenchCommand.Create(),
        };

        // Without the alias /h, which is a path.
        root.Options.Remove(root.Options.First(o => o is HelpOption));
        root.Options.Insert(0, new HelpOption("--help", "-h", "-?"));
        return root;
    }
}
