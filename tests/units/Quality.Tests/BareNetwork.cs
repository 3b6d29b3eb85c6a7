using Microsoft.ML.OnnxRuntime;
using Upscale.Testing;

namespace Upscale.Quality.Tests;

/// <summary>A network run by ONNX Runtime alone on a whole picture: what the engine is held against.</summary>
internal static class BareNetwork
{
    public static Picture Run(string model, Picture input, int scale)
    {
        using var session = new InferenceSession(Path.Combine(TestData.Root, "models", model, "model.onnx"));
        long[] shape = [1, input.Shape.Channels, input.Shape.Height, input.Shape.Width];
        using OrtValue tensor = OrtValue.CreateTensorValueFromMemory(input.Data, shape);
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, ["input"], [tensor], ["output"]);
        return new Picture(new ImageShape(input.Shape.Width * scale, input.Shape.Height * scale, input.Shape.Channels), outputs[0].GetTensorDataAsSpan<float>().ToArray());
    }
}
