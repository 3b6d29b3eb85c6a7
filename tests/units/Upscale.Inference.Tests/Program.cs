namespace Upscale.Inference.Tests;

/// <summary>
/// Looks at one .onnx file and prints what it is or why it is refused: run by tests in a process of its own with
/// limited memory.
/// </summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        using SessionPool pool = new();
        try
        {
            ModelCard card = await pool.On(pool.Devices.Resolve("Cpu"), new ModelCatalog([])).DescribeAsync(args[0], CancellationToken.None);
            Console.WriteLine(card);
            return 0;
        }
        catch (UpscaleException exception)
        {
            Console.WriteLine($"{exception.ErrorId}: {exception.Message}");
            return 3;
        }
    }
}
