namespace Upscale.Module.Tests.Hosting;

/// <summary>A PowerShell for tests that need a process of their own: it runs the script that it is given, and prints what that writes out.</summary>
internal static class Program
{
    /// <returns>0 where there was no error.</returns>
    public static int Main(string[] args)
    {
        using var session = new ModuleSession(import: false);
        session.GoTo(Environment.CurrentDirectory);
        RunRecord run = session.Run(args[0]);
        foreach (object output in run.Output)
            Console.WriteLine(output);
        foreach (object error in run.Errors)
            Console.Error.WriteLine(error);
        return run.Errors.Length == 0 ? 0 : 1;
    }
}
